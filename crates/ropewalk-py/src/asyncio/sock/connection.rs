//! Making connections: `accept`, `connect`.
//! Promise: the socket's own methods are called, so that classes and options of what they make are
//! theirs; only the waiting is ours.

use super::failure::{called, raised};
use super::operation::{Attempt, Operation};
use super::plain::descriptor;
use crate::asyncio::awaitable::Origin;
use crate::asyncio::loops::Direction;
use crate::names::intern;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use ropewalk_sys::take_error;

/// `sock_accept`.
pub(super) struct Accept;

impl Attempt for Accept {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let answer = socket.call_method0(intern!(py, "accept"));
        let Some(accepted) = called(py, answer)? else {
            return Ok(None);
        };
        let (connection, _): (Bound<'_, PyAny>, Bound<'_, PyAny>) = accepted.extract()?;
        connection.call_method1(intern!(py, "setblocking"), (false,))?;
        Ok(Some(accepted.unbind()))
    }
}

impl Operation for Accept {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio._sockets",
        qualname: "SocketOperations.sock_accept",
    };
    const DIRECTION: Direction = Direction::Read;
}

/// `sock_connect`, to an address that needs no look-up.
pub(super) struct Connect {
    pub(super) address: Py<PyAny>,
}

impl Attempt for Connect {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let answer = socket.call_method1(intern!(py, "connect"), (&self.address,));
        Ok(called(py, answer)?.map(Bound::unbind))
    }

    fn attempt_again(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        match take_error(descriptor(socket)?) {
            Ok(None) => Ok(Some(py.None())),
            Ok(Some(number)) => {
                let address = self.address.bind(py).str()?;
                let text = format!("Connect call failed {address}");
                Err(PyOSError::new_err((number, text)))
            }
            Err(error) => Err(raised(py, &error)),
        }
    }

    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [Some(&self.address), None]
    }
}

impl Operation for Connect {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio._sockets",
        qualname: "SocketOperations.sock_connect",
    };
    const DIRECTION: Direction = Direction::Write;
}
