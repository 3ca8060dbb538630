//! `asyncio.Lock`, `Event`, `Semaphore`.
//!
//! Promise: who waits does so in the order, with the cancellation and with the private names of
//! the running Python's classes, and without a Python frame. A subclass that overrides what the
//! engine relies on gets the standard library's own methods.

mod cancelled;
mod condition;
mod event;
mod flag;
mod home;
mod lock;
pub(crate) mod module;
mod semaphore;
mod take;
mod waiters;

pub(crate) use home::Home;
pub(crate) use waiters::Waiters;
