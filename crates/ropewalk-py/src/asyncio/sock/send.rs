//! Sending: `sendall`, `sendto`.
//! Promise: each byte is handed to the kernel once, in order.

use super::failure::{called, settled};
use super::host;
use super::operation::{Attempt, Operation};
use super::plain::descriptor;
use super::view::View;
use crate::asyncio::awaitable::Origin;
use crate::asyncio::loops::Direction;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_sys::bytes::{self, Channel};

/// From here on (64 KiB: some ten microseconds of copying) other threads may run meanwhile; to let
/// go of the interpreter and take it again would cost a small message more than its copying.
const LARGE: usize = 64 * 1024;

/// `sock_sendall`.
pub(super) struct SendAll {
    /// Bytes, or what has a buffer; a memoryview of it while it waits, which keeps it in place.
    data: Py<PyAny>,
    /// How many bytes the kernel has taken; written by the one who tries.
    sent: AtomicUsize,
}

impl SendAll {
    pub(super) fn new(data: Py<PyAny>) -> Self {
        Self {
            data,
            sent: AtomicUsize::new(0),
        }
    }

    fn send_rest(&self, socket: &Bound<'_, PyAny>, data: &[u8]) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let before = self.sent.load(Ordering::Relaxed);
        let rest = data.get(before..).unwrap_or(&[]);
        let descriptor = descriptor(socket)?;
        let answer = if rest.len() < LARGE {
            bytes::send(descriptor, Channel::Socket, rest)
        } else {
            py.detach(|| bytes::send(descriptor, Channel::Socket, rest))
        };
        let Some(count) = settled(py, answer)? else {
            return Ok(None);
        };
        self.sent.store(before + count, Ordering::Relaxed);
        Ok((count == rest.len()).then(|| py.None()))
    }
}

impl Attempt for SendAll {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let data = self.data.bind(py);
        if let Ok(bytes) = data.cast_exact::<PyBytes>() {
            return self.send_rest(socket, bytes.as_bytes());
        }
        match View::to_read(data) {
            Ok(view) => self.send_rest(socket, view.bytes()),
            // The socket's own method knows what to say of it.
            Err(error) => {
                socket.call_method1(intern!(py, "send"), (data,))?;
                Err(error)
            }
        }
    }

    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [Some(&self.data), None]
    }
}

impl Operation for SendAll {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio._sockets",
        qualname: "SocketOperations.sock_sendall",
    };
    const DIRECTION: Direction = Direction::Write;

    fn to_keep(mut self, py: Python<'_>) -> PyResult<Self> {
        if !self.data.bind(py).is_exact_instance_of::<PyBytes>() {
            self.data = PyMemoryView::from(self.data.bind(py))?.into_any().unbind();
        }
        Ok(self)
    }
}

/// `sock_sendto`.
pub(super) struct SendTo {
    pub(super) data: Py<PyAny>,
    pub(super) address: Py<PyAny>,
}

impl Attempt for SendTo {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let (data, address) = (self.data.bind(py), self.address.bind(py));
        if let Some(receiver) = host::literal(socket, address)
            && let Ok(view) = View::to_read(data)
        {
            let answer = bytes::send_to(descriptor(socket)?, view.bytes(), &receiver);
            drop(view);
            let Some(count) = settled(py, answer)? else {
                return Ok(None);
            };
            return Ok(Some(count.into_pyobject(py)?.into_any().unbind()));
        }
        let answer = socket.call_method1(intern!(py, "sendto"), (data, address));
        Ok(called(py, answer)?.map(Bound::unbind))
    }

    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [Some(&self.data), Some(&self.address)]
    }
}

impl Operation for SendTo {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio._sockets",
        qualname: "SocketOperations.sock_sendto",
    };
    const DIRECTION: Direction = Direction::Write;
}
