//! `threading.RLock`. Promise: what CPython's `_thread.RLock` does, at its price.

use super::odd_exit::odd_exit;
use crate::names::intern;
use crate::report::{MadeAt, Why};
use crate::timeout::{Flag, Given, Timeout};
use crate::wait::Interpreter;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use ropewalk_sync as engine;

/// A lock that the thread which holds it may take again; it is free once it was given back as
/// often as it was taken.
#[pyclass(frozen, subclass, weakref, module = "_thread")]
#[derive(Debug, Default)]
pub(crate) struct RLock {
    pub(super) engine: engine::RLock,
    made: MadeAt,
}

#[pymethods]
impl RLock {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    fn new(
        class: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = args.py();
        let has_arguments = !args.is_empty() || kwargs.is_some_and(|named| !named.is_empty());
        if has_arguments && !takes_arguments(class)? {
            // Releases differ in what they say to arguments that mean nothing.
            py.import("_thread")?.getattr("RLock")?.call(args, kwargs)?;
        }
        Ok(Self {
            engine: engine::RLock::new(),
            made: MadeAt::here(py),
        })
    }

    /// Take the lock, or take it once more, and return True.
    ///
    /// While another thread holds it, wait: without an end, or at most `timeout` seconds. With
    /// `blocking` false do not wait. Return False if the lock was not taken.
    #[pyo3(
        signature = (blocking=Flag::Known(true), timeout=Given(None)),
        text_signature = "($self, blocking=True, timeout=-1)"
    )]
    fn acquire(
        &self,
        py: Python<'_>,
        blocking: Flag<'_, '_>,
        timeout: Given<'_, '_>,
    ) -> PyResult<bool> {
        let timeout = Timeout::of_lock(blocking, timeout)?;
        self.engine.acquire(
            timeout.patience(),
            &mut Interpreter::new(py, timeout, self.why()),
        )
    }

    /// Give the lock back once. `RuntimeError` if the current thread does not hold it.
    fn release(&self) -> PyResult<()> {
        self.engine.release().map_err(not_owner)
    }

    // By number: a minor release alone adds a public method.
    #[cfg(Py_3_14)]
    /// Return True while somebody holds the lock.
    fn locked(&self) -> bool {
        self.engine.is_held()
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<bool> {
        let timeout = Timeout::None;
        self.engine.acquire(
            timeout.patience(),
            &mut Interpreter::new(py, timeout, self.why()),
        )
    }

    #[pyo3(
        signature = (kind=Given(None), error=Given(None), traceback=Given(None), /),
        text_signature = "($self, exc_type, exc_value, exc_tb, /)"
    )]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Given<'_, '_>,
        error: Given<'_, '_>,
        traceback: Given<'_, '_>,
    ) -> PyResult<()> {
        if traceback.0.is_none() {
            odd_exit(py, "RLock", [kind, error])?;
        }
        self.release()
    }

    /// True if the current thread holds the lock.
    fn _is_owned(&self) -> bool {
        self.engine.is_mine()
    }

    /// How often the current thread has taken the lock.
    fn _recursion_count(&self) -> usize {
        if self.engine.is_mine() {
            self.engine.count()
        } else {
            0
        }
    }

    /// Give the lock back entirely; return what `_acquire_restore` needs.
    fn _release_save(&self) -> PyResult<(usize, usize)> {
        let owner = self.engine.owner();
        Ok((self.engine.release_all().map_err(not_owner)?, owner))
    }

    /// Undo `_release_save`.
    fn _acquire_restore(&self, py: Python<'_>, state: (usize, usize)) -> PyResult<()> {
        self.retake(py, state.0)
    }

    /// Make the lock free: for the one thread of a forked child.
    fn _at_fork_reinit(&self) {
        self.engine.reset_after_fork();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let engine = &slf.get().engine;
        let held = if engine.is_held() {
            "locked"
        } else {
            "unlocked"
        };
        let name = if slf.is_exact_instance_of::<Self>() {
            "_thread.RLock".to_owned()
        } else {
            slf.get_type().name()?.to_string()
        };
        let (owner, count) = (engine.owner(), engine.count());
        Ok(format!(
            "<{held} {name} object owner={owner} count={count} at {:p}>",
            slf.as_ptr()
        ))
    }
}

impl RLock {
    /// What a thread waits for here.
    #[inline]
    pub(super) fn why(&self) -> Why<'_> {
        Why::holder_of("RLock", self, self.engine.owner_cell(), &self.made)
    }

    /// Takes the lock `count` times at once. A signal handler that raises meanwhile has to wait
    /// until the lock is taken: whoever calls this is about to give it back.
    pub(super) fn retake(&self, py: Python<'_>, count: usize) -> PyResult<()> {
        let taken = crate::wait::without_giving_up(py, self.why(), |sleeper| {
            self.engine.acquire(Timeout::None.patience(), sleeper)
        });
        self.engine.restore_count(count);
        taken
    }
}

fn not_owner(_: engine::NotOwner) -> PyErr {
    PyRuntimeError::new_err("cannot release un-acquired lock")
}

/// Has the class an `__init__` of its own, which may take any?
fn takes_arguments(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let init = intern!(class.py(), "__init__");
    let plain = class.py().get_type::<RLock>().getattr(init)?;
    Ok(!class.getattr(init)?.is(&plain))
}
