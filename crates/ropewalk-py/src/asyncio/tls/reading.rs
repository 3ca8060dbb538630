//! What comes in: bytes of the transport's, decrypted, one call of the protocol.
//!
//! Promise: all that can be decrypted is handed on at once; the ssl module is not asked for what
//! it cannot have, since its answer is an exception.

use super::engine::{TlsEngine, object, pending};
use super::stdlib::{fatal, stdlib};
use super::window::{SIZE, Window};
use super::writing;
use crate::asyncio::streams::deliver;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};
use ropewalk_reactor::tls::Duty;
use std::mem::MaybeUninit;

/// The most that one record holds.
const LARGEST_RECORD: usize = 16 * 1024;

/// Bytes have come, so many in lent memory: they are decrypted, or what else the phase asks for.
pub(crate) fn received(
    engine: &Bound<'_, TlsEngine>,
    lent: Lent<'_>,
    length: usize,
) -> PyResult<()> {
    let py = engine.py();
    let state = engine.get().state();
    let incoming = object(py, state.objects.incoming.as_ref());
    drop(state);
    lent.window().get().show(0, length);
    incoming.call_method1(intern!(py, "write"), (lent.window(),))?;
    // Free for the next who needs one, which is the reading below.
    drop(lent);
    let phase = engine.get().state().phase;
    let next = match phase.on_bytes() {
        Duty::Nothing => return Ok(()),
        Duty::Read => return read(engine),
        Duty::Handshake => intern!(py, "_do_handshake"),
        Duty::Flush => intern!(py, "_do_flush"),
        Duty::Shutdown => intern!(py, "_do_shutdown"),
    };
    engine.call_method0(next).map(drop)
}

/// Lends memory to be filled; gives what `fill` said, and the window.
pub(crate) fn with_window<R>(
    py: Python<'_>,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> R,
) -> PyResult<(R, Lent<'_>)> {
    let window = Window::take(py)?;
    let outcome = window.get().fill(fill);
    Ok((outcome, Lent(Some(window))))
}

/// A window in use, which goes back when this is dropped.
pub(crate) struct Lent<'py>(Option<Bound<'py, Window>>);

impl<'py> Lent<'py> {
    /// The window.
    fn window(&self) -> &Bound<'py, Window> {
        self.0.as_ref().expect("it goes back at the end only")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(window) = self.0.take() {
            Window::put_back(window);
        }
    }
}

/// Decrypts what has come, and hands it on.
pub(super) fn read(engine: &Bound<'_, TlsEngine>) -> PyResult<()> {
    let state = engine.get().state();
    if !state.phase.reads() {
        return Ok(());
    }
    let plain = state.objects.inside.is_some();
    drop(state);
    if !plain {
        return stdlib()?.call(engine, intern!(engine.py(), "_do_read"), None);
    }
    match read_and_send(engine) {
        Ok(()) => Ok(()),
        Err(error) => fatal(engine, error),
    }
}

fn read_and_send(engine: &Bound<'_, TlsEngine>) -> PyResult<()> {
    let py = engine.py();
    let state = engine.get().state();
    let (paused, buffered) = (state.reading_paused, state.buffered);
    drop(state);
    let mut left = Left::Unknown;
    if !paused {
        let source = Source::of(engine);
        left = if buffered {
            into_buffer(engine, &source)?
        } else {
            as_bytes(engine, &source)?
        };
        let backlog = engine.get().backlog(py);
        if backlog.len()? == 0 {
            writing::send(engine)?;
        } else {
            engine.call_method0(intern!(py, "_do_write"))?;
        }
    }
    control(engine, left)
}

/// What waits to be decrypted afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Unknown,
}

/// Has the transport pause or go on, if it has to.
fn control(engine: &Bound<'_, TlsEngine>, left: Left) -> PyResult<()> {
    let py = engine.py();
    let size = match left {
        Left::Nothing => 0,
        Left::Unknown => pending(&engine.get().incoming(py))?,
    };
    if engine.get().state().incoming_gate.has_to_turn(size) {
        stdlib()?.call(engine, intern!(py, "_control_ssl_reading"), None)?;
    }
    Ok(())
}

/// What is decrypted, and where from.
struct Source<'py> {
    inside: Bound<'py, PyAny>,
    incoming: Bound<'py, PyAny>,
}

/// What the ssl module answered.
enum Came {
    /// So many bytes, at least one.
    Bytes(usize),
    Nothing,
    End,
}

impl<'py> Source<'py> {
    fn of(engine: &Bound<'py, TlsEngine>) -> Self {
        let py = engine.py();
        let state = engine.get().state();
        Self {
            inside: object(py, state.objects.inside.as_ref()),
            incoming: object(py, state.objects.incoming.as_ref()),
        }
    }

    /// One record, or as much of it as there is room for.
    fn read_into(&self, room: usize, buffer: &Bound<'py, PyAny>) -> PyResult<Came> {
        let py = buffer.py();
        match self
            .inside
            .call_method1(intern!(py, "read"), (room, buffer))
        {
            Ok(count) => Ok(match count.extract()? {
                0 => Came::End,
                count => Came::Bytes(count),
            }),
            Err(error) if stdlib()?.is_again(py, &error) => Ok(Came::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Whether there is nothing more: a record that had room leaves nothing inside, and the ssl
    /// module takes no more from the memory than it works on.
    fn is_empty_after(&self, count: usize, room: usize) -> PyResult<bool> {
        Ok(count < room && pending(&self.incoming)? == 0)
    }
}

fn as_bytes(engine: &Bound<'_, TlsEngine>, source: &Source<'_>) -> PyResult<Left> {
    let py = engine.py();
    let mut left = Left::Unknown;
    let mut more: Vec<u8> = Vec::new();
    let mut filled = 0;
    let (ended, data) = {
        let ((), room_to_read) = with_window(py, |_| ())?;
        let window = room_to_read.window();
        let ended = loop {
            let room = SIZE - filled;
            window.get().show(filled, SIZE);
            match source.read_into(room, window)? {
                Came::End => break true,
                Came::Nothing => break false,
                Came::Bytes(count) => {
                    filled += count.min(room);
                    if source.is_empty_after(count, room)? {
                        left = Left::Nothing;
                        break false;
                    }
                }
            }
            if SIZE - filled < LARGEST_RECORD {
                window
                    .get()
                    .with_first(filled, |data| more.extend_from_slice(data));
                filled = 0;
            }
        };
        let data = window.get().with_first(filled, |data| {
            if more.is_empty() {
                PyBytes::new(py, data)
            } else {
                more.extend_from_slice(data);
                PyBytes::new(py, &more)
            }
        });
        (ended, data)
    };
    if !data.as_bytes().is_empty() {
        deliver(&engine.get().protocol(py), data.as_any())?;
    }
    if ended {
        end(engine)?;
    }
    Ok(left)
}

fn into_buffer(engine: &Bound<'_, TlsEngine>, source: &Source<'_>) -> PyResult<Left> {
    let py = engine.py();
    let waiting = pending(&source.incoming)?;
    let offer = engine.getattr(intern!(py, "_app_protocol_get_buffer"))?;
    let buffer = offer.call1((waiting,))?;
    let wanted = buffer.len()?;
    let mut left = Left::Unknown;
    let mut filled = 0;
    let mut ended = false;
    while filled < wanted || filled == 0 {
        let room = wanted - filled;
        let came = if filled == 0 {
            source.read_into(room, &buffer)?
        } else {
            source.read_into(room, &rest(&buffer, filled, wanted)?)?
        };
        match came {
            Came::End => {
                ended = true;
                break;
            }
            Came::Nothing => break,
            Came::Bytes(count) => {
                filled += count.min(room);
                if source.is_empty_after(count, room)? {
                    left = Left::Nothing;
                    break;
                }
            }
        }
    }
    if filled == wanted && filled > 0 {
        // There may be more than there was room for.
        let event_loop = engine.getattr(intern!(py, "_loop"))?;
        let again = engine.getattr(intern!(py, "_do_read"))?;
        event_loop.call_method1(intern!(py, "call_soon"), (again,))?;
    }
    if filled > 0 {
        let updated = engine.getattr(intern!(py, "_app_protocol_buffer_updated"))?;
        updated.call1((filled,))?;
    }
    if ended {
        end(engine)?;
    }
    Ok(left)
}

/// The rest of a buffer, not a copy of it.
fn rest<'py>(buffer: &Bound<'py, PyAny>, start: usize, end: usize) -> PyResult<Bound<'py, PyAny>> {
    let slice = PySlice::new(buffer.py(), start.cast_signed(), end.cast_signed(), 1);
    PyMemoryView::from(buffer)?.get_item(slice)
}

/// The other side has said farewell.
fn end(engine: &Bound<'_, TlsEngine>) -> PyResult<()> {
    let py = engine.py();
    engine.call_method0(intern!(py, "_call_eof_received"))?;
    engine
        .call_method0(intern!(py, "_start_shutdown"))
        .map(drop)
}
