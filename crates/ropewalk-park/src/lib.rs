//! Where ropewalk's threads sleep.
//!
//! Promise: no other crate of the engine puts a thread to sleep. Everything here takes a
//! [`Deadline`], never a duration, and every sleep can be interrupted by a signal handler. The
//! README beside this file tells the protocol, its dangerous moments and their names.

mod fairness;
mod list;
mod owned;
mod short;
mod sleeper;
mod waiter;
mod wakes;

pub use fairness::Fairness;
pub use list::{Left, Place, WaitList};
pub use owned::{Owned, Owning};
pub use ropewalk_facade::Deadline;
pub use ropewalk_sys::{fork_count, thread_key};
pub use short::{ShortGuard, ShortLock};
pub use sleeper::{Patience, Sleeper, Uninterrupted};
pub use waiter::{Outcome, Waiter, WaiterHandle};
pub use wakes::Wakes;
