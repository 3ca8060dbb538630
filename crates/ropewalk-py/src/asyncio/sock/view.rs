//! The memory of an object with Python's buffer protocol, for the length of one system call.
//! Promise: the memory stays exported, and so in place, until the view is dropped.

#![expect(unsafe_code, reason = "Python's buffer protocol")]

use pyo3::ffi;
use pyo3::prelude::*;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// One contiguous piece of memory that belongs to a Python object.
pub(in crate::asyncio) struct View<'py> {
    buffer: Box<ffi::Py_buffer>,
    /// It is released where it was taken: attached.
    attached: PhantomData<Python<'py>>,
}

impl<'py> View<'py> {
    /// The memory to read from.
    pub(super) fn to_read(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        Self::of(object, ffi::PyBUF_SIMPLE)
    }

    /// The memory to write to.
    pub(in crate::asyncio) fn to_write(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        Self::of(object, ffi::PyBUF_WRITABLE)
    }

    fn of(object: &Bound<'py, PyAny>, flags: std::ffi::c_int) -> PyResult<Self> {
        let py = object.py();
        let mut buffer = Box::new(ffi::Py_buffer::new());
        // SAFETY: the object is alive, and the box is where the answer is to be written; it stays
        // at its address until it is released.
        let answer = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *buffer, flags) };
        if answer != 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(Self {
            buffer,
            attached: PhantomData,
        })
    }

    fn length(&self) -> usize {
        usize::try_from(self.buffer.len).unwrap_or(0)
    }

    /// The bytes. The kernel reads them in one call, while this thread holds the view.
    pub(super) fn bytes(&self) -> &[u8] {
        if self.buffer.buf.is_null() {
            return &[];
        }
        // SAFETY: a simple buffer is `len` contiguous bytes at `buf`, exported until the drop.
        unsafe { std::slice::from_raw_parts(self.buffer.buf.cast(), self.length()) }
    }

    /// The room to write to.
    pub(in crate::asyncio) fn room(&mut self) -> &mut [MaybeUninit<u8>] {
        if self.buffer.buf.is_null() {
            return &mut [];
        }
        // SAFETY: as above, and the exporter agreed that it be written to. Nobody reads it through
        // this slice, so a writer beside us only meets what the kernel wrote.
        unsafe { std::slice::from_raw_parts_mut(self.buffer.buf.cast(), self.length()) }
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled by a call that succeeded, and is released once; `attached` binds
        // the view to the interpreter.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.buffer) };
    }
}
