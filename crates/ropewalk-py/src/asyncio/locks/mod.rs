//! `asyncio.Lock`, `Event`, `Semaphore`: the parts of them that need not wait.
//!
//! Promise: what is free is taken, what is set is seen and what nobody waits for is given back
//! here, without a Python frame. Whoever has to wait, and whoever wakes somebody, does it through
//! the standard library's own methods, which the Python classes above inherit: so order,
//! cancellation and messages are those of the running Python.

mod condition;
mod event;
mod flag;
mod lock;
pub(crate) mod module;
mod semaphore;
mod take;
mod waiters;

pub(crate) use waiters::Waiters;
