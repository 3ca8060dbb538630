//! Queues.

pub(crate) mod module;
