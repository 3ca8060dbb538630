//! Transports: bytes between a descriptor and a protocol.
//! Promise: what happens for each message is here; what happens once in a connection's life is
//! CPython's own class, from which the transports of `ropewalk._asyncio._transports` derive.

mod core;
mod data;
mod direct;
pub(crate) mod module;
mod reading;
mod writing;

pub(crate) use core::StreamCore;
pub(crate) use direct::Direct;
