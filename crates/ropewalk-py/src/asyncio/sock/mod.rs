//! A loop's operations on plain sockets, and datagrams.
//! Promise: the system call comes first; the loop is asked to watch a socket only after the kernel
//! has said that it would have to wait.

mod asked;
mod connection;
mod datagram;
mod failure;
mod host;
pub(crate) mod module;
mod operation;
mod pending;
mod plain;
mod receive;
mod send;
mod view;

pub(super) use view::View;
