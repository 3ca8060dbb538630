//! Room to read into, and the bytes that came.
//!
//! Promise: what a protocol gets is exact `bytes`, as long as what came in. Little is copied out
//! of a room that all streams of a thread share; much is read into the object itself.

#![expect(
    unsafe_code,
    reason = "bytes are read into memory that was not written before"
)]

use pyo3::ffi;
use pyo3::ffi::compat::{
    PyBytesWriter, PyBytesWriter_Create, PyBytesWriter_Discard, PyBytesWriter_FinishWithSize,
    PyBytesWriter_GetData,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ropewalk_reactor::stream::{ReadSize, Received, SHARED_ROOM, receive_now};
use ropewalk_sys::bytes::Channel;
use std::cell::RefCell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::RawFd;
use std::slice;

thread_local! {
    /// The shared room. It is borrowed for one system call and one copy, never across Python.
    static ROOM: RefCell<Box<[MaybeUninit<u8>]>> =
        RefCell::new(Box::new_uninit_slice(SHARED_ROOM));
}

/// What a look at a descriptor brought.
pub(super) enum Arrived<'py> {
    Data(Bound<'py, PyBytes>),
    Nothing,
    End,
}

/// One look, with room as `size` wants it.
pub(super) fn receive<'py>(
    py: Python<'py>,
    descriptor: RawFd,
    channel: Channel,
    size: &mut ReadSize,
) -> PyResult<Arrived<'py>> {
    let arrived = match size.own_room() {
        None => receive_shared(py, descriptor, channel)?,
        Some(room) => receive_in_place(py, descriptor, channel, room)?,
    };
    if let Arrived::Data(data) = &arrived {
        size.learn(data.as_bytes().len());
    }
    Ok(arrived)
}

fn receive_shared(py: Python<'_>, descriptor: RawFd, channel: Channel) -> PyResult<Arrived<'_>> {
    ROOM.with_borrow_mut(|room| {
        let received = receive_now(descriptor, channel, room);
        Ok(match received.map_err(super::data::os_error)? {
            Received::Nothing => Arrived::Nothing,
            Received::End => Arrived::End,
            Received::Bytes(taken) => {
                // SAFETY: the kernel wrote the first `taken` bytes of the room.
                let data = unsafe { slice::from_raw_parts(room.as_ptr().cast::<u8>(), taken) };
                Arrived::Data(PyBytes::new(py, data))
            }
        })
    })
}

fn receive_in_place(
    py: Python<'_>,
    descriptor: RawFd,
    channel: Channel,
    room: usize,
) -> PyResult<Arrived<'_>> {
    let writer = Writer::new(py, room)?;
    // SAFETY: the writer has `room` bytes, and nobody else has seen them yet.
    let memory = unsafe { slice::from_raw_parts_mut(writer.start(), room) };
    let received = receive_now(descriptor, channel, memory);
    match received.map_err(super::data::os_error)? {
        Received::Nothing => Ok(Arrived::Nothing),
        Received::End => Ok(Arrived::End),
        Received::Bytes(taken) => writer.finish(py, taken).map(Arrived::Data),
    }
}

/// A bytes object that is being made.
struct Writer(*mut PyBytesWriter);

impl Writer {
    fn new(py: Python<'_>, size: usize) -> PyResult<Self> {
        let size = ffi::Py_ssize_t::try_from(size)?;
        // SAFETY: the interpreter is attached, as `py` shows.
        let writer = unsafe { PyBytesWriter_Create(size) };
        if writer.is_null() {
            return Err(PyErr::fetch(py));
        }
        Ok(Self(writer))
    }

    fn start(&self) -> *mut MaybeUninit<u8> {
        // SAFETY: the writer was made, and is not finished before it is given up.
        unsafe { PyBytesWriter_GetData(self.0) }.cast()
    }

    /// The bytes: the first `size` of them, which were written.
    fn finish(self, py: Python<'_>, size: usize) -> PyResult<Bound<'_, PyBytes>> {
        let size = ffi::Py_ssize_t::try_from(size)?;
        let writer = ManuallyDrop::new(self);
        // SAFETY: the writer is given up here: it is not dropped afterwards.
        let bytes = unsafe { PyBytesWriter_FinishWithSize(writer.0, size) };
        // SAFETY: a new reference, or null with an exception set.
        let bytes = unsafe { Bound::from_owned_ptr_or_err(py, bytes) }?;
        Ok(bytes.cast_into::<PyBytes>()?)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: the writer was made and is not finished; the interpreter is still attached,
        // since a writer lives only within one call.
        unsafe { PyBytesWriter_Discard(self.0) };
    }
}
