//! Receiving: `recv`, `recv_into`, `recvfrom`, `recvfrom_into`.
//! Promise: what the kernel gave reaches the caller: whatever could fail is looked at before.

use super::failure::{called, settled};
use super::host;
use super::operation::{Attempt, Operation};
use super::plain::descriptor;
use super::view::View;
use crate::asyncio::awaitable::Origin;
use crate::asyncio::loops::Direction;
use crate::asyncio::room;
use crate::names::intern;
use pyo3::prelude::*;
use ropewalk_sys::bytes::{self, Channel};
use std::cell::Cell;

macro_rules! reads {
    ($operation:ty, $qualname:literal) => {
        impl Operation for $operation {
            const ORIGIN: &'static Origin = &Origin {
                module: "ropewalk._asyncio._sockets",
                qualname: $qualname,
            };
            const DIRECTION: Direction = Direction::Read;
        }
    };
}

thread_local! {
    /// Whether this thread's last `sock_recv` brought much: the next one is likely to.
    static LAST_WAS_LARGE: Cell<bool> = const { Cell::new(false) };
}

/// `sock_recv`.
pub(super) struct Receive {
    pub(super) size: usize,
}

impl Attempt for Receive {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        if self.size > room::ROOM {
            let answer = socket.call_method1(intern!(py, "recv"), (self.size,));
            return Ok(called(py, answer)?.map(Bound::unbind));
        }
        let descriptor = descriptor(socket)?;
        let large = LAST_WAS_LARGE.get();
        let taken = room::received(py, self.size, large, |room| {
            bytes::receive(descriptor, Channel::Socket, room).map(|count| (count, ()))
        });
        if let Ok((bytes, ())) = &taken {
            LAST_WAS_LARGE.set(bytes.as_bytes().len() >= room::LARGE);
        }
        Ok(settled(py, taken)?.map(|(bytes, ())| bytes.into_any().unbind()))
    }
}

reads!(Receive, "SocketOperations.sock_recv");

/// `sock_recv_into`.
pub(super) struct ReceiveInto {
    pub(super) buffer: Py<PyAny>,
}

impl Attempt for ReceiveInto {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let buffer = self.buffer.bind(py);
        match View::to_write(buffer) {
            Ok(mut view) if !view.bytes().is_empty() => {
                let descriptor = descriptor(socket)?;
                let taken = room::received_into(view.room(), |room| {
                    bytes::receive(descriptor, Channel::Socket, room).map(|count| (count, ()))
                });
                drop(view);
                settled(py, taken)?
                    .map(|(count, ())| number(py, count))
                    .transpose()
            }
            // The socket's own method knows what to say of it.
            _ => {
                let answer = socket.call_method1(intern!(py, "recv_into"), (buffer,));
                Ok(called(py, answer)?.map(Bound::unbind))
            }
        }
    }

    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [Some(&self.buffer), None]
    }
}

reads!(ReceiveInto, "SocketOperations.sock_recv_into");

/// `sock_recvfrom`, of a family whose addresses are known here.
pub(super) struct ReceiveFrom {
    pub(super) size: usize,
}

impl Attempt for ReceiveFrom {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        if self.size > room::ROOM {
            let answer = socket.call_method1(intern!(py, "recvfrom"), (self.size,));
            return Ok(called(py, answer)?.map(Bound::unbind));
        }
        let descriptor = descriptor(socket)?;
        let taken = room::received(py, self.size, false, |room| {
            bytes::receive_from(descriptor, room)
        });
        let Some((bytes, sender)) = settled(py, taken)? else {
            return Ok(None);
        };
        let pair = (bytes, host::told(py, &sender)?).into_pyobject(py)?;
        Ok(Some(pair.into_any().unbind()))
    }
}

reads!(ReceiveFrom, "SocketOperations.sock_recvfrom");

/// `sock_recvfrom_into`, of a family whose addresses are known here.
pub(super) struct ReceiveFromInto {
    pub(super) buffer: Py<PyAny>,
    /// How much of the buffer may be used; more than it has is the socket's to refuse.
    pub(super) size: usize,
}

impl Attempt for ReceiveFromInto {
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = socket.py();
        let buffer = self.buffer.bind(py);
        match View::to_write(buffer) {
            Ok(mut view) if self.size > 0 && self.size <= view.bytes().len() => {
                let descriptor = descriptor(socket)?;
                let taken = bytes::receive_from(descriptor, &mut view.room()[..self.size]);
                drop(view);
                let Some((count, sender)) = settled(py, taken)? else {
                    return Ok(None);
                };
                let pair = (count, host::told(py, &sender)?).into_pyobject(py)?;
                Ok(Some(pair.into_any().unbind()))
            }
            _ => {
                let arguments = (buffer, self.size);
                let answer = socket.call_method1(intern!(py, "recvfrom_into"), arguments);
                Ok(called(py, answer)?.map(Bound::unbind))
            }
        }
    }

    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [Some(&self.buffer), None]
    }
}

reads!(ReceiveFromInto, "SocketOperations.sock_recvfrom_into");

fn number(py: Python<'_>, count: usize) -> PyResult<Py<PyAny>> {
    Ok(count.into_pyobject(py)?.into_any().unbind())
}
