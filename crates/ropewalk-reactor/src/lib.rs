//! One loop on one thread: which descriptors are ready, which timers are due, what runs next.
//!
//! Promise: it knows nothing of whoever uses it; what is kept for a descriptor, a timer or the
//! ready run is a type parameter.
#![forbid(unsafe_code)]

mod children;
mod pulse;
mod watch;

pub use children::{Child, End};
pub use pulse::{Beat, Pulse};
pub use watch::{Block, Watch};
