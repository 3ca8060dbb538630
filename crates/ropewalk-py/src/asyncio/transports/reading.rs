//! What comes in: one look at the descriptor, one call of the protocol.
//!
//! Promise: a call that fails ends the connection as the protocol is told, never the loop.

use super::core::StreamCore;
use super::data::os_error;
use crate::asyncio::room;
use crate::asyncio::sock::View;
use crate::asyncio::streams::deliver;
use crate::asyncio::tls::{self, TlsEngine};
use crate::names::intern;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use ropewalk_facade::atomic::Ordering;
use ropewalk_reactor::stream::{Received, receive_now};
use ropewalk_sys::bytes::Channel;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

/// What of the state a look needs.
struct Look<'py> {
    descriptor: RawFd,
    protocol: Bound<'py, PyAny>,
    buffered: bool,
}

/// None: nobody is to be told any more.
fn begin<'py>(core: &StreamCore, py: Python<'py>) -> Option<Look<'py>> {
    let state = core.state();
    if state.lost != 0 {
        return None;
    }
    Some(Look {
        descriptor: state.descriptor,
        protocol: state.protocol.as_ref()?.bind(py).clone(),
        buffered: state.buffered,
    })
}

pub(super) fn read_ready(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    match begin(core, py) {
        None => Ok(()),
        Some(look) if look.buffered => into_buffer(core, &look.protocol, look.descriptor),
        Some(look) => as_bytes(core, py, &look),
    }
}

fn as_bytes(core: &StreamCore, py: Python<'_>, look: &Look<'_>) -> PyResult<()> {
    let large = core.large.load(Ordering::Relaxed);
    let received = room::received(py, room::ROOM, large, |room| {
        arrived(look.descriptor, core.channel, room)
    });
    let data = match received {
        Ok((data, Received::Bytes(taken))) => {
            core.large.store(taken >= room::LARGE, Ordering::Relaxed);
            data
        }
        Ok((_, Received::Nothing)) => return Ok(()),
        Ok((_, Received::End)) => return at_end(core, py),
        Err(error) => return read_failed(core, py, os_error(error)),
    };
    match deliver(&look.protocol, data.as_any()) {
        Ok(()) => Ok(()),
        // A pipe leaves it to the loop.
        Err(error) if core.channel == Channel::File => Err(error),
        Err(error) => core.fatal(
            py,
            error,
            "Fatal error: protocol.data_received() call failed.",
        ),
    }
}

/// One look: how many bytes it wrote, and what it came to.
fn arrived(
    descriptor: RawFd,
    channel: Channel,
    into: &mut [MaybeUninit<u8>],
) -> io::Result<(usize, Received)> {
    let received = receive_now(descriptor, channel, into)?;
    let taken = match received {
        Received::Bytes(taken) => taken,
        Received::Nothing | Received::End => 0,
    };
    Ok((taken, received))
}

fn into_buffer(core: &StreamCore, protocol: &Bound<'_, PyAny>, descriptor: RawFd) -> PyResult<()> {
    let py = protocol.py();
    if let Some(engine) = tls::is_ours(protocol) {
        return into_tls(core, engine, descriptor);
    }
    let buffer = match offered(protocol) {
        Ok(buffer) => buffer,
        Err(error) => {
            let words = "Fatal error: protocol.get_buffer() call failed.";
            return core.fatal(py, error, words);
        }
    };
    let received = writable(&buffer).and_then(|mut view| {
        let received =
            room::received_into(view.room(), |room| arrived(descriptor, core.channel, room));
        received.map_err(os_error)
    });
    let taken = match received {
        Ok((taken, Received::Bytes(_))) => taken,
        Ok((_, Received::Nothing)) => return Ok(()),
        Ok((_, Received::End)) => return at_end(core, py),
        Err(error) => return read_failed(core, py, error),
    };
    match protocol.call_method1(intern!(py, "buffer_updated"), (taken,)) {
        Ok(_) => Ok(()),
        Err(error) => core.fatal(py, error, UPDATE_FAILED),
    }
}

const UPDATE_FAILED: &str = "Fatal error: protocol.buffer_updated() call failed.";

/// The protocol of TLS needs no buffer of its own.
fn into_tls(core: &StreamCore, engine: &Bound<'_, TlsEngine>, descriptor: RawFd) -> PyResult<()> {
    let py = engine.py();
    let lent = tls::with_window(py, |memory| receive_now(descriptor, core.channel, memory));
    let (received, lent) = lent?;
    let taken = match received.map_err(os_error) {
        Ok(Received::Bytes(taken)) => taken,
        Ok(Received::Nothing) => return Ok(()),
        Ok(Received::End) => return at_end(core, py),
        Err(error) => return read_failed(core, py, error),
    };
    match tls::received(engine, lent, taken) {
        Ok(()) => Ok(()),
        Err(error) => core.fatal(py, error, UPDATE_FAILED),
    }
}

/// The buffer that the protocol offers, which has room.
fn offered<'py>(protocol: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = protocol.py();
    let buffer = protocol.call_method1(intern!(py, "get_buffer"), (-1,))?;
    if buffer.len()? == 0 {
        return Err(PyRuntimeError::new_err(
            "get_buffer() returned an empty buffer",
        ));
    }
    Ok(buffer)
}

/// Its memory, whatever its items are; the same exceptions as `socket.recv_into` raises.
fn writable<'py>(buffer: &Bound<'py, PyAny>) -> PyResult<View<'py>> {
    match View::to_write(buffer) {
        Ok(view) => Ok(view),
        Err(_) => Err(PyTypeError::new_err(format!(
            "recv_into() argument 1 must be read-write bytes-like object, not {}",
            buffer.get_type().name()?
        ))),
    }
}

fn at_end(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    match core.transport(py) {
        Some(transport) => transport
            .call_method0(intern!(py, "_read_ready__on_eof"))
            .map(drop),
        None => Ok(()),
    }
}

fn read_failed(core: &StreamCore, py: Python<'_>, error: PyErr) -> PyResult<()> {
    let words = match core.channel {
        Channel::Socket => "Fatal read error on socket transport",
        Channel::File => "Fatal read error on pipe transport",
    };
    core.fatal(py, error, words)
}
