//! What goes out: encrypted at once, and given to the transport.
//!
//! Promise: bytes go out in the order in which they were written; what cannot be encrypted now
//! goes the way of Python's own class, which keeps it.

use super::engine::{TlsEngine, object, pending};
use super::stdlib::{fatal, stdlib};
use crate::names::intern;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice, PyTuple};

/// One piece of data.
pub(super) fn write(engine: &Bound<'_, TlsEngine>, data: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(way) = Way::of(engine)? else {
        let pieces = PyTuple::new(engine.py(), [data])?;
        return by_python(engine, pieces.as_any());
    };
    let outcome = way.encrypt(engine, data).and_then(|()| flush(engine));
    outcome.or_else(|error| fatal(engine, error))
}

/// All pieces of an iterable.
pub(super) fn write_all(engine: &Bound<'_, TlsEngine>, list: &Bound<'_, PyAny>) -> PyResult<()> {
    if Way::of(engine)?.is_none() {
        return by_python(engine, list);
    }
    // All are there before the first goes, as what is not data raises before.
    let mut pieces = Vec::new();
    for data in list.try_iter()? {
        let data = data?;
        data.len()?;
        pieces.push(data);
    }
    let outcome = pieces
        .iter()
        .try_for_each(|data| match Way::of(engine)? {
            Some(way) => way.encrypt(engine, data),
            None => keep(engine, data, 0, data.len()?),
        })
        .and_then(|()| flush(engine));
    outcome.or_else(|error| fatal(engine, error))
}

fn by_python(engine: &Bound<'_, TlsEngine>, list: &Bound<'_, PyAny>) -> PyResult<()> {
    let name = intern!(engine.py(), "_write_appdata");
    stdlib()?.call(engine, name, Some(list))
}

/// What data goes through that can be encrypted at once.
struct Way<'py> {
    inside: Bound<'py, PyAny>,
}

impl<'py> Way<'py> {
    /// None: it has to wait, or is for nobody, or the ssl module's object is not plain.
    fn of(engine: &Bound<'py, TlsEngine>) -> PyResult<Option<Self>> {
        let py = engine.py();
        let state = engine.get().state();
        if !state.phase.writes() || state.objects.inside.is_none() {
            return Ok(None);
        }
        let inside = object(py, state.objects.inside.as_ref());
        let backlog = object(py, state.objects.backlog.as_ref());
        drop(state);
        Ok((backlog.len()? == 0).then_some(Self { inside }))
    }

    fn encrypt(&self, engine: &Bound<'py, TlsEngine>, data: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = engine.py();
        let length = bytes_in(data)?;
        if length == 0 {
            return Ok(());
        }
        match self.inside.call_method1(intern!(py, "write"), (data,)) {
            Ok(count) => match count.extract()? {
                taken if taken >= length => Ok(()),
                taken => keep(engine, data, taken, length),
            },
            Err(error) => {
                keep(engine, data, 0, length)?;
                if stdlib()?.is_again(py, &error) {
                    return Ok(());
                }
                Err(error)
            }
        }
    }
}

fn bytes_in(data: &Bound<'_, PyAny>) -> PyResult<usize> {
    match data.cast_exact::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().len()),
        Err(_) => Ok(PyBuffer::<u8>::get(data)
            .map(|view| view.len_bytes())
            .or_else(|_| data.len())?),
    }
}

/// Keeps what was not encrypted, behind nothing.
fn keep(
    engine: &Bound<'_, TlsEngine>,
    data: &Bound<'_, PyAny>,
    taken: usize,
    length: usize,
) -> PyResult<()> {
    let py = engine.py();
    let rest = if taken == 0 {
        data.clone()
    } else {
        let bytes = PyMemoryView::from(data)?.call_method1(intern!(py, "cast"), ("B",))?;
        let slice = PySlice::new(py, taken.cast_signed(), length.cast_signed(), 1);
        bytes.get_item(slice)?
    };
    let backlog = engine.get().backlog(py);
    backlog.call_method1(intern!(py, "append"), (rest,))?;
    engine.get().state().waiting += length - taken;
    Ok(())
}

/// Gives on what was encrypted; what was kept has another try.
fn flush(engine: &Bound<'_, TlsEngine>) -> PyResult<()> {
    let py = engine.py();
    if engine.get().state().waiting == 0 {
        return send(engine);
    }
    engine.call_method0(intern!(py, "_do_write")).map(drop)
}

/// Gives the transport what is encrypted, and the program its word if it has to pause.
pub(super) fn send(engine: &Bound<'_, TlsEngine>) -> PyResult<()> {
    let py = engine.py();
    let state = engine.get().state();
    let paused = state.transport_paused;
    let outgoing = object(py, state.objects.outgoing.as_ref());
    drop(state);
    let mut encrypted = 0;
    if paused {
        encrypted = pending(&outgoing)?;
    } else {
        let data = outgoing.call_method0(intern!(py, "read"))?;
        if data.len()? > 0 {
            let transport = engine.get().transport(py);
            transport.call_method1(intern!(py, "write"), (data,))?;
        }
    }
    let state = engine.get().state();
    let due = state.outgoing_gate.has_to_turn(encrypted + state.waiting);
    drop(state);
    if due {
        stdlib()?.call(engine, intern!(py, "_control_app_writing"), None)?;
    }
    Ok(())
}
