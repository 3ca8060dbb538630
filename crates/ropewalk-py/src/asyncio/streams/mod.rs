//! Streams: the reader, the writer and the protocol between them and a transport.
//!
//! Promise: what has arrived is read, and what can be written is written, without a Python frame
//! below the method that was called. Everything rare is done by the standard library's own
//! methods, which work on these classes' attributes: setting up, closing, and all that a subclass
//! overrides or a program reaches for by a private name.

mod flow;
mod lines;
pub(crate) mod module;
mod reader;
mod reading;
mod stdlib;
mod store;
mod turn;
mod untouched;
mod writer;

pub(crate) use flow::deliver;
pub(crate) use untouched::{Watched, set_attribute};
