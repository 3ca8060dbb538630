//! Child processes.

pub(crate) mod module;
