//! What goes out: at once if nothing waits, else from the buffer, one call a turn.
//!
//! Promise: nothing is sent out of order; what the kernel did not take is kept, and the protocol
//! is asked to pause once there is too much of it.

use super::core::{StreamCore, is_to_pass};
use super::data::{Given, os_error};
use crate::names::intern;
use crate::raised::Raised;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyString;
use ropewalk_reactor::stream::{WriteBuffer, send_now};
use ropewalk_sys::bytes::Channel;

pub(super) fn write(core: &StreamCore, data: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = data.py();
    let Some(given) = Given::of(data)? else {
        return ask_class(core, py, intern!(py, "_refuse_type"), (data,));
    };
    match begin(core, py, given.bytes().is_empty())? {
        Way::Nowhere => Ok(()),
        Way::Behind => {
            keep(core, given.keep(py), 0);
            pause_if_full(core, py)
        }
        Way::AtOnce(descriptor) => {
            let bytes = given.bytes();
            match send_now(descriptor, core.channel, bytes) {
                Ok(sent) if sent == bytes.len() => Ok(()),
                Ok(sent) => {
                    keep(core, given.keep(py), sent);
                    wait_for_room(core, py)?;
                    pause_if_full(core, py)
                }
                Err(error) => failed(core, py, os_error(error), intern!(py, "_send_failed")),
            }
        }
    }
}

pub(super) fn write_all(core: &StreamCore, list_of_data: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = list_of_data.py();
    let mut pieces = WriteBuffer::new();
    for data in list_of_data.try_iter()? {
        pieces.push(Given::of_buffer(&data?)?.keep(py));
    }
    match begin(core, py, pieces.is_empty())? {
        Way::Nowhere => return Ok(()),
        Way::Behind => core.state().buffer.append(pieces),
        Way::AtOnce(descriptor) => {
            if let Err(error) = pieces.send(descriptor, core.channel) {
                let name = intern!(py, "_send_failed");
                return failed(core, py, os_error(error), name);
            }
            if pieces.is_empty() {
                return Ok(());
            }
            core.state().buffer.append(pieces);
            wait_for_room(core, py)?;
        }
    }
    pause_if_full(core, py)
}

pub(super) fn write_ready(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    let mut state = core.state();
    // A pipe counts the loss when it forgets what waited.
    if state.buffer.is_empty() || (state.lost != 0 && core.channel == Channel::Socket) {
        return Ok(());
    }
    let descriptor = state.descriptor;
    let sent = state.buffer.send(descriptor, core.channel);
    let left = state.buffer.len();
    let resume = match core.channel {
        Channel::Socket => left <= state.low_water,
        Channel::File => left == 0,
    };
    drop(state);
    match sent {
        Ok(0) => Ok(()),
        Ok(_) => {
            if resume {
                ask(core, py, intern!(py, "_maybe_resume_protocol"), ())?;
            }
            // What it was told may have made it write again.
            if core.state().buffer.is_empty() {
                ask(core, py, intern!(py, "_drained"), ())?;
            }
            Ok(())
        }
        Err(error) => failed(core, py, os_error(error), intern!(py, "_write_failed")),
    }
}

/// Where bytes go that a program gives now.
enum Way {
    /// Nowhere: there are none, or nobody is there any more.
    Nowhere,
    /// Into the buffer, behind others.
    Behind,
    /// To this descriptor.
    AtOnce(i32),
}

fn begin(core: &StreamCore, py: Python<'_>, empty: bool) -> PyResult<Way> {
    let state = core.state();
    if state.ended || state.empty_waiter.is_some() {
        let ended = state.ended;
        drop(state);
        let name = intern!(py, "_refuse_write");
        return ask_class(core, py, name, (ended,)).map(|()| Way::Nowhere);
    }
    if empty {
        return Ok(Way::Nowhere);
    }
    if state.lost != 0 || state.closing {
        drop(state);
        return lose(core, py).map(|()| Way::Nowhere);
    }
    Ok(if state.buffer.is_empty() {
        Way::AtOnce(state.descriptor)
    } else {
        Way::Behind
    })
}

/// As in CPython: from this many lost writes on, each is told to the log.
const TOLD_FROM: usize = 5;

fn lose(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    let mut state = core.state();
    let told = state.lost >= TOLD_FROM;
    state.lost += 1;
    drop(state);
    if told {
        ask_class(core, py, intern!(py, "_tell_of_lost_write"), ())?;
    }
    Ok(())
}

fn keep(core: &StreamCore, piece: PyBackedBytes, sent: usize) {
    core.state().buffer.push_rest(piece, sent);
}

/// Has the loop call when the descriptor takes more.
fn wait_for_room(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    let waits = ask(core, py, intern!(py, "_begin_writing"), ());
    if waits.is_err() {
        let unsent = std::mem::take(&mut core.state().buffer);
        drop(unsent);
    }
    waits
}

fn pause_if_full(core: &StreamCore, py: Python<'_>) -> PyResult<()> {
    let state = core.state();
    let full = state.buffer.len() > state.high_water;
    drop(state);
    if full {
        ask(core, py, intern!(py, "_maybe_pause_protocol"), ())?;
    }
    Ok(())
}

fn failed(
    core: &StreamCore,
    py: Python<'_>,
    error: PyErr,
    name: &Bound<'_, PyString>,
) -> PyResult<()> {
    let error = error.made(py);
    if is_to_pass(py, &error) {
        return Err(error);
    }
    ask(core, py, name, (error,))
}

/// Calls what the transport's class says of a write, also when the transport has let go.
fn ask_class<'py>(
    core: &StreamCore,
    py: Python<'py>,
    name: &Bound<'py, PyString>,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<()> {
    core.kind.bind(py).call_method1(name, arguments).map(drop)
}

/// Calls what Python decides about; nothing once the transport has let go.
fn ask<'py>(
    core: &StreamCore,
    py: Python<'py>,
    name: &Bound<'py, PyString>,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<()> {
    match core.transport(py) {
        Some(transport) => transport.call_method1(name, arguments).map(drop),
        None => Ok(()),
    }
}
