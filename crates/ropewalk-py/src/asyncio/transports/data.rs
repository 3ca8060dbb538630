//! What a program gives to be written, and what the kernel answers.
//!
//! Promise: `bytes` are kept by reference, since nobody can change them; whatever can change is
//! looked at during the call only, and copied if something of it has to wait.

#![expect(
    unsafe_code,
    reason = "the memory of a buffer is looked at without a copy"
)]

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use std::io;
use std::slice;

/// The exception for an error of the system, as Python's own calls raise it.
pub(super) fn os_error(error: io::Error) -> PyErr {
    match error.raw_os_error() {
        // Where there is an error of the system, a method of ours is running: attached.
        Some(code) => Python::try_attach(|py| {
            let words = crate::names::import(py, "os")
                .and_then(|os| os.call_method1(crate::names::intern!(py, "strerror"), (code,)));
            match words {
                Ok(words) => PyOSError::new_err((code, words.unbind())),
                Err(why) => why,
            }
        })
        .unwrap_or_else(|| error.into()),
        None => error.into(),
    }
}

/// Bytes that a program gave, not yet kept.
pub(super) enum Given<'a, 'py> {
    Bytes(&'a Bound<'py, PyBytes>),
    /// Something that may change later.
    View(PyBuffer<u8>),
    /// A copy, of what has no plain view.
    Copy(Bound<'py, PyBytes>),
}

impl<'a, 'py> Given<'a, 'py> {
    /// None: it is neither bytes nor bytearray nor memoryview.
    pub(super) fn of(data: &'a Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        if let Ok(bytes) = data.cast_exact::<PyBytes>() {
            return Ok(Some(Self::Bytes(bytes)));
        }
        let known = data.is_instance_of::<PyByteArray>()
            || data.is_instance_of::<PyMemoryView>()
            || data.is_instance_of::<PyBytes>();
        known.then(|| Self::of_buffer(data)).transpose()
    }

    /// Of anything that has a buffer.
    pub(super) fn of_buffer(data: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = data.cast_exact::<PyBytes>() {
            return Ok(Self::Bytes(bytes));
        }
        match PyBuffer::<u8>::get(data) {
            Ok(view) if view.is_c_contiguous() => Ok(Self::View(view)),
            _ => {
                let bytes = data.py().get_type::<PyBytes>();
                let view = PyMemoryView::from(data)?;
                Ok(Self::Copy(bytes.call1((view,))?.cast_into()?))
            }
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes.as_bytes(),
            Self::Copy(bytes) => bytes.as_bytes(),
            Self::View(view) if view.len_bytes() == 0 => &[],
            // SAFETY: the view keeps its memory in place, it is contiguous, and its owner cannot
            // write to it meanwhile: the interpreter stays attached and runs no Python.
            Self::View(view) => unsafe {
                slice::from_raw_parts(view.buf_ptr().cast::<u8>(), view.len_bytes())
            },
        }
    }

    /// The bytes, to be kept.
    pub(super) fn keep(self, py: Python<'py>) -> PyBackedBytes {
        match self {
            Self::Bytes(bytes) => PyBackedBytes::from(bytes.clone()),
            Self::Copy(bytes) => PyBackedBytes::from(bytes),
            Self::View(_) => PyBackedBytes::from(PyBytes::new(py, self.bytes())),
        }
    }
}
