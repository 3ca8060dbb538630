//! A wait that Python code makes by other means than ropewalk's. Promise: what it notes is gone
//! when the `with` block ends, however it ends.

use super::{name, place};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use ropewalk_census::{self as census, Holder, Noted, Waiting};
use std::cell::Cell;

/// Notes a wait for the length of a `with` block, for hang reports.
///
/// `kind` is the operation ("Thread.join"), `what` the object in words ("Thread-1"), `object` the
/// object itself, `holder` the ident of the thread that can end the wait, or 0, and `timed` tells
/// whether it ends by itself. Used by the thread that made it.
#[pyclass(
    frozen,
    unsendable,
    name = "waiting",
    module = "ropewalk._ropewalk.report"
)]
pub(crate) struct PyWaiting {
    kind: String,
    what: String,
    object: usize,
    holder: usize,
    timed: bool,
    noted: Cell<Option<Noted>>,
}

#[pymethods]
impl PyWaiting {
    #[new]
    #[pyo3(signature = (kind, what, object, holder=0, timed=false))]
    fn new(
        kind: String,
        what: &Bound<'_, PyString>,
        object: &Bound<'_, PyAny>,
        holder: usize,
        timed: bool,
    ) -> Self {
        Self {
            kind,
            // A thread's name need not be text that can be encoded.
            what: what.to_string_lossy().into_owned(),
            object: object.as_ptr().addr(),
            holder,
            timed,
            noted: Cell::new(None),
        }
    }

    fn __enter__(&self, py: Python<'_>) {
        name::refresh(py);
        let noted = census::note(&Waiting {
            kind: &self.kind,
            object: self.object,
            what: &self.what,
            place: place::of_program(py).as_str(),
            holder: match self.holder {
                0 => Holder::Anyone,
                key => Holder::Thread(key),
            },
            timed: self.timed,
        });
        self.noted.set(Some(noted));
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        drop(self.noted.take());
    }
}
