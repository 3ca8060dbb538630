//! `asyncio.Queue`, `LifoQueue` and `PriorityQueue`.
//!
//! Promise: an item goes in and comes out without Python code while nobody has looked inside the
//! queue, waits at it or has overridden a hook. In all other cases the same steps are taken with
//! Python's objects: the deques of futures and the container that everybody may look into.

mod classes;
mod engine;
mod get;
mod inside;
mod items;
mod join;
pub(crate) mod module;
mod put;
mod shared;
