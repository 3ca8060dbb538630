//! Streams.

pub(crate) mod module;
