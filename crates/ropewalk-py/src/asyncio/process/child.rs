//! A child process under watch, for Python. Promise: the descriptor is closed with the object,
//! so whoever holds the object for a loop need not close anything.

use pyo3::exceptions::PyChildProcessError;
use pyo3::prelude::*;
use ropewalk_park::ShortLock;
use ropewalk_reactor::{Child, End};
use std::os::fd::{AsRawFd, RawFd};

/// A descriptor that is readable once the child with this number has ended.
///
/// `OSError` when the system has none to give; `ProcessLookupError` when the child is gone.
#[pyclass(frozen, name = "Child", module = "ropewalk._ropewalk.asyncio.process")]
pub(crate) struct PyChild {
    /// None once it is closed.
    child: ShortLock<Option<Child>>,
    descriptor: RawFd,
}

#[pymethods]
impl PyChild {
    #[new]
    fn new(pid: u32) -> PyResult<Self> {
        let child = Child::watch(pid)?;
        Ok(Self {
            descriptor: child.as_raw_fd(),
            child: ShortLock::new(Some(child)),
        })
    }

    /// Return the descriptor; it is open until `close`, or as long as the object lives.
    fn fileno(&self) -> RawFd {
        self.descriptor
    }

    /// Return the exit code as subprocess counts it, or None while the child runs.
    ///
    /// `ChildProcessError` when somebody else took its status. The first answer is kept until
    /// `close`; after that, None.
    fn look(&self) -> PyResult<Option<i32>> {
        let end = match &mut *self.child.lock() {
            Some(child) => child.look()?,
            None => None,
        };
        match end {
            None => Ok(None),
            Some(End::Exited(status)) => Ok(Some(status)),
            Some(End::Killed(signal)) => Ok(Some(-signal)),
            Some(End::TakenElsewhere) => Err(taken_elsewhere()),
        }
    }

    /// Close the descriptor, which nobody polls any more.
    fn close(&self) {
        let child = self.child.lock().take();
        drop(child);
    }
}

fn taken_elsewhere() -> PyErr {
    PyChildProcessError::new_err("somebody else took the child's status")
}

/// Return whether children can be watched by descriptors here.
#[pyfunction]
pub(crate) fn can_watch() -> bool {
    Child::can_be_watched()
}
