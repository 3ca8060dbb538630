//! The submodule `_ropewalk.asyncio.sock`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of a loop's operations on plain sockets and datagrams.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod sock {
    #[pymodule_export]
    use crate::asyncio::sock::asked::{
        accept, connect, recv, recv_into, recvfrom, recvfrom_into, sendall, sendto,
    };
    #[pymodule_export]
    use crate::asyncio::sock::datagram::Datagrams;
}
