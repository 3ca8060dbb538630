//! What the loop's methods ask for.
//! Promise: each function makes a coroutine in which nothing has happened yet, or answers None:
//! then the standard library's method is to be called, which serves every other kind of argument.

use super::connection::{Accept, Connect};
use super::host;
use super::operation::{Asked, Operation};
use super::plain::{self, Method};
use super::receive::{Receive, ReceiveFrom, ReceiveFromInto, ReceiveInto};
use super::send::{SendAll, SendTo};
use crate::asyncio::awaitable::coroutine;
use crate::asyncio::loops::LoopCore;
use pyo3::prelude::*;
use pyo3::types::PyInt;

type Answer<'py> = PyResult<Option<Bound<'py, PyAny>>>;

fn ask<'py, O: Operation>(
    event_loop: Bound<'py, LoopCore>,
    socket: Bound<'py, PyAny>,
    method: &'static Method,
    operation: O,
) -> Answer<'py> {
    if !event_loop.get().serves_itself() || !method.is_original(&socket) {
        return Ok(None);
    }
    let py = socket.py();
    let asked = Asked::New {
        event_loop: event_loop.unbind(),
        socket: socket.unbind(),
        operation,
    };
    coroutine(py, asked).map(Some)
}

/// A size as it is usual: a positive int.
fn size(number: &Bound<'_, PyAny>) -> Option<usize> {
    let number = number.cast_exact::<PyInt>().ok()?;
    let size: usize = number.extract().ok()?;
    (size > 0 && isize::try_from(size).is_ok()).then_some(size)
}

/// `loop.sock_recv(sock, n)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, n, /))]
pub(super) fn recv<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    n: &Bound<'py, PyAny>,
) -> Answer<'py> {
    match size(n) {
        Some(size) => ask(event_loop, sock, &plain::RECV, Receive { size }),
        None => Ok(None),
    }
}

/// `loop.sock_recv_into(sock, buf)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, buf, /))]
pub(super) fn recv_into<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    buf: Bound<'py, PyAny>,
) -> Answer<'py> {
    let buffer = buf.unbind();
    ask(event_loop, sock, &plain::RECV_INTO, ReceiveInto { buffer })
}

/// `loop.sock_recvfrom(sock, bufsize)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, bufsize, /))]
pub(super) fn recvfrom<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    bufsize: &Bound<'py, PyAny>,
) -> Answer<'py> {
    match size(bufsize) {
        Some(size) if addresses_are_known(&sock, &plain::RECVFROM) => {
            ask(event_loop, sock, &plain::RECVFROM, ReceiveFrom { size })
        }
        _ => Ok(None),
    }
}

/// `loop.sock_recvfrom_into(sock, buf, nbytes)`, where `nbytes` may be 0 for all of it.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, buf, nbytes, /))]
pub(super) fn recvfrom_into<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    buf: Bound<'py, PyAny>,
    nbytes: &Bound<'py, PyAny>,
) -> Answer<'py> {
    let size = match size(nbytes) {
        Some(size) => size,
        None if nbytes.is_truthy()? => return Ok(None),
        None => match buf.len() {
            Ok(size) => size,
            Err(_) => return Ok(None),
        },
    };
    if !addresses_are_known(&sock, &plain::RECVFROM_INTO) {
        return Ok(None);
    }
    let buffer = buf.unbind();
    let operation = ReceiveFromInto { buffer, size };
    ask(event_loop, sock, &plain::RECVFROM_INTO, operation)
}

/// `loop.sock_sendall(sock, data)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, data, /))]
pub(super) fn sendall<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    data: Bound<'py, PyAny>,
) -> Answer<'py> {
    let operation = SendAll::new(data.unbind());
    ask(event_loop, sock, &plain::SEND, operation)
}

/// `loop.sock_sendto(sock, data, address)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, data, address, /))]
pub(super) fn sendto<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    data: Bound<'py, PyAny>,
    address: Bound<'py, PyAny>,
) -> Answer<'py> {
    let (data, address) = (data.unbind(), address.unbind());
    ask(event_loop, sock, &plain::SENDTO, SendTo { data, address })
}

/// `loop.sock_accept(sock)`.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, /))]
pub(super) fn accept<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
) -> Answer<'py> {
    ask(event_loop, sock, &plain::ACCEPT, Accept)
}

/// `loop.sock_connect(sock, address)`, for an address that needs no look-up.
#[pyfunction]
#[pyo3(signature = (event_loop, sock, address, /))]
pub(super) fn connect<'py>(
    event_loop: Bound<'py, LoopCore>,
    sock: Bound<'py, PyAny>,
    address: Bound<'py, PyAny>,
) -> Answer<'py> {
    let address = address.unbind();
    ask(event_loop, sock, &plain::CONNECT, Connect { address })
}

/// Whether this is a real socket whose addresses can be told here.
fn addresses_are_known(socket: &Bound<'_, PyAny>, method: &'static Method) -> bool {
    method.is_original(socket) && matches!(host::family(socket), Ok(Some(_)))
}
