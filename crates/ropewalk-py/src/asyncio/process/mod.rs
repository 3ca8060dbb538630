//! Child processes.
//! Promise: only translation; who is watched and how it ended is the reactor's business.

mod child;
pub(crate) mod module;
