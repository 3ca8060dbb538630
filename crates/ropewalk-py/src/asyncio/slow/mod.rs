//! A blocked loop: what is said while a callback runs for too long, and how it is found out.
//!
//! Promise: nobody's signal handler runs for it. The loop's stack is read by a thread that holds
//! the interpreter, which whatever blocks mostly lets go of; where it does not, the kernel copies
//! what is to be read, so that a stack that changes meanwhile costs a wrong line, never a crash.

mod ask;
mod guard;
mod layout;
mod lines;
pub(crate) mod module;
mod remote;
mod stack;
mod standing;
mod watch;

pub(crate) use watch::PyWatch;
