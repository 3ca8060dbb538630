//! Transports.

pub(crate) mod module;
