//! Sockets.

pub(crate) mod module;
