//! The primitives of Python's `threading`, without Python.
//!
//! Promise: each primitive is one atomic word while nobody waits, and a first-come wait list
//! beside it when somebody does; every wait has a deadline or can be given up; a wake-up meant
//! for a thread that gives up at that instant goes to the next one. Nobody starves: who was
//! overtaken is handed what it waits for.
//!
//! The types here guard no data and know no guard objects: they are the mechanism. The locks
//! around a value are built on them in [`guarded`], the rest of what a Rust program uses in the
//! crate `ropewalk` (`ropewalk::threading`).

mod barrier;
mod condition;
mod delay;
mod event;
pub mod guarded;
mod lock;
mod rlock;
mod semaphore;
mod waiting;

pub use barrier::{Barrier, BarrierError};
pub use condition::{Condition, Place};
pub use delay::{DelayKey, DelayQueue, DelayServer};
pub use event::Event;
pub use lock::{Lock, NotHeld};
pub use rlock::{NotOwner, RLock};
pub use ropewalk_park::{Deadline, Patience, Sleeper, Uninterrupted, thread_key};
pub use semaphore::{Semaphore, TooManyReleases};
