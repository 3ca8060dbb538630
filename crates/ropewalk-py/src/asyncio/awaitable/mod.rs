//! Awaitables.

pub(crate) mod module;
