//! What a reader holds.
//!
//! Promise: the bytes are in one place: in `incoming`, or, while somebody holds what `_buffer`
//! gave out, in that object. No Python code runs while this is locked: what is to be dropped is
//! handed out first.

#![expect(unsafe_code, reason = "a count of references is read through C")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes};
use ropewalk_reactor::incoming::{Incoming, Taken};

/// See above.
#[derive(Default)]
pub(super) struct Store {
    pub(super) incoming: Incoming<PyBackedBytes>,
    /// What `_buffer` gave out, or was set to.
    pub(super) inside: Option<Py<PyAny>>,
    pub(super) limit: usize,
    pub(super) eof: bool,
    pub(super) paused: bool,
    pub(super) waiter: Option<Py<PyAny>>,
    pub(super) exception: Option<Py<PyAny>>,
    pub(super) transport: Option<Py<PyAny>>,
    pub(super) event_loop: Option<Py<PyAny>>,
    pub(super) limit_object: Option<Py<PyAny>>,
    pub(super) served: Served,
}

/// Who serves a reader.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Served {
    /// Not looked into yet.
    #[default]
    Unknown,
    /// The engine.
    Here,
    /// The standard library's methods: the class overrides what they call.
    Elsewhere,
}

impl Store {
    /// Takes the bytes back from an object that nobody else holds any more. The object is to be
    /// dropped.
    pub(super) fn take_back(&mut self, py: Python<'_>) -> Option<Py<PyAny>> {
        let held = self.inside.as_ref()?;
        // SAFETY: a live object, and this thread is attached.
        let holders = unsafe { ffi::Py_REFCNT(held.as_ptr()) };
        if cfg!(Py_GIL_DISABLED) || holders != 1 {
            return None;
        }
        let bytes = held.bind(py).cast_exact::<PyByteArray>().ok()?.to_vec();
        self.incoming = Incoming::default();
        self.incoming.extend(&bytes);
        self.inside.take()
    }

    /// Takes up to `count` bytes out, as `bytes`. The second is to be dropped.
    pub(super) fn take(
        &mut self,
        py: Python<'_>,
        count: usize,
    ) -> (Py<PyAny>, Option<PyBackedBytes>) {
        match self
            .incoming
            .take(count, |part| PyBytes::new(py, part).into_any().unbind())
        {
            Taken::Whole(chunk) => (whole(py, chunk), None),
            Taken::Copy(copy, spent) => (copy, spent),
        }
    }

    /// Throws up to `count` bytes away. What is returned is to be dropped.
    pub(super) fn discard(&mut self, count: usize) -> Option<PyBackedBytes> {
        match self.incoming.take(count, |_| ()) {
            Taken::Whole(chunk) => Some(chunk),
            Taken::Copy((), spent) => spent,
        }
    }

    /// Whether the engine has the bytes, and serves this reader.
    pub(super) fn is_here(&self) -> bool {
        self.served == Served::Here && self.inside.is_none()
    }

    /// Whether a read is a look at the bytes and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.is_here() && self.exception.is_none() && !self.paused
    }

    /// Whether the transport is to be resumed; then it counts as resumed.
    pub(super) fn may_resume(&mut self) -> bool {
        let may = self.paused && self.incoming.len() <= self.limit;
        self.paused &= !may;
        may
    }

    /// Whether the transport is to be paused.
    pub(super) fn may_pause(&self) -> bool {
        self.transport.is_some()
            && !self.paused
            && self.incoming.len() > self.limit.saturating_mul(2)
    }
}

/// The object that a chunk came in.
fn whole(py: Python<'_>, chunk: PyBackedBytes) -> Py<PyAny> {
    match chunk.into_pyobject(py) {
        Ok(bytes) => bytes.into_any().unbind(),
        Err(never) => match never {},
    }
}
