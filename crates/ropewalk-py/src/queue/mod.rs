//! `queue`: the engine of Python's Queue, `LifoQueue` and `PriorityQueue`.
//! Promise: one class for all three, because in Python the other two are subclasses of the first.

mod arguments;
mod class;
mod engine;
mod inside;
pub(crate) mod module;
mod quick;
mod waiting;
