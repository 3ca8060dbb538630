//! `threading`: the engine of Python's locks, conditions, events, semaphores and barriers.
//! Promise: one file per class, named as Python names it.

mod barrier;
mod condition;
mod delay;
mod event;
mod lock;
pub(crate) mod module;
mod odd_exit;
mod quick;
mod rlock;
mod semaphore;
