//! The event loop.

pub(crate) mod module;
