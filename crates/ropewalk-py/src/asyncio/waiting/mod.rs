//! Waiting for tasks.

pub(crate) mod module;
