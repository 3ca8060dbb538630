//! `asyncio`: the event loop and what waits on it.
//! Promise: one folder per part, each with a submodule of the extension of the same name.

pub(crate) mod awaitable;
mod deque;
mod locks;
mod loops;
pub(crate) mod module;
mod plain;
mod process;
mod queues;
mod room;
mod running;
mod slow;
mod sock;
mod streams;
mod tls;
mod transports;
mod waiting;
