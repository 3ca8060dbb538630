//! One loop on one thread: which descriptors are ready, which timers are due, what runs next.
//!
//! Promise: it knows nothing of whoever uses it; what is kept for a descriptor, a timer or the
//! ready run is a type parameter.
#![forbid(unsafe_code)]

mod children;
pub mod incoming;
#[cfg(target_os = "linux")]
mod poller;
mod pulse;
mod ready;
#[cfg(unix)]
pub mod stream;
mod timers;
pub mod tls;
mod wake;
mod watch;

pub use children::{Child, End};
#[cfg(target_os = "linux")]
pub use poller::{Direction, Poller, Put, Registration, Told};
pub use pulse::{Beat, Pulse};
pub use ready::Ready;
pub use timers::{Timers, nanos_from_seconds};
pub use wake::Wake;
pub use watch::{Block, Watch};
