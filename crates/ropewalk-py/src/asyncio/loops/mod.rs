//! The event loop.
//!
//! Promise: callbacks run in the order in which the standard library's loop would run them, each in
//! its context, and no Python code runs while a part of the loop is locked.
//!
//! For the other parts of `asyncio` (transports, sockets, processes):
//!
//! - [`LoopCore::of`] finds the native part of a loop; None means that it is somebody else's loop,
//!   to be used through its Python methods.
//! - [`LoopCore::watch`] and [`LoopCore::unwatch`] stand for `loop._add_reader` and its kin.
//! - [`NativeCall`] is native work for [`LoopCore::watch`]; it runs as an entry of the ready queue,
//!   where a handle of the standard library would run.

mod calls;
mod class;
mod core;
mod entry;
mod futures;
mod handle;
mod io;
mod listed;
pub(crate) mod module;
mod readers;
mod room;
mod run;
mod shown;
mod slots;
mod stack;
mod state;

pub(crate) use self::core::LoopCore;
#[allow(unused_imports, reason = "for the other parts of asyncio")]
pub(crate) use entry::{NativeCall, Watcher};
#[allow(unused_imports, reason = "for the other parts of asyncio")]
pub(crate) use ropewalk_reactor::Direction;
