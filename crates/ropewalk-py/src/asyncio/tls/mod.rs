//! TLS: what every message goes through between a socket's transport and a program's protocol.
//!
//! Promise: the ssl module encrypts and decrypts; here is who is called when. Whatever happens
//! once in a connection's life, or when something fails or has to wait, is the running Python's
//! own `SSLProtocol`, from which the class of `ropewalk._asyncio._tls` derives.

mod engine;
pub(crate) mod module;
mod reading;
mod stdlib;
mod window;
mod writer;
mod writing;

pub(crate) use engine::{TlsEngine, is_ours};
pub(crate) use reading::{received, with_window};
