//! `threading.Condition`.
//!
//! Promise: over our own Lock and `RLock` nothing but the engine runs; over any other lock its
//! `_release_save`, `_acquire_restore` and `_is_owned` are used if it has them, and otherwise
//! `release` and `acquire`, as the standard library does; and so are these methods of the condition
//! itself, and its `notify`, where a subclass or one condition has its own.

use super::lock::Lock;
use super::rlock::RLock;
use crate::names::intern;
use crate::own::{OwnMethods, set_plainly};
use crate::report::{MadeAt, Why};
use crate::timeout::{Given, Timeout};
use crate::wait::{Interpreter, without_giving_up};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_sync as engine;
use ropewalk_sync::Deadline;
use std::sync::OnceLock;

/// Threads that wait to be notified; the base of `ropewalk.threading.Condition`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.threading")]
#[derive(Debug, Default)]
pub(crate) struct ConditionEngine {
    engine: engine::Condition,
    lock: OnceLock<Py<PyAny>>,
    made: MadeAt,
    own: OwnMethods,
}

/// What others of its methods call.
const CALLED: &[&str] = &["_is_owned", "_release_save", "_acquire_restore", "notify"];
const IS_OWNED: usize = 0;
const RELEASE_SAVE: usize = 1;
const ACQUIRE_RESTORE: usize = 2;
const NOTIFY: usize = 3;

/// What is needed to take the lock again.
enum Released<'py> {
    Lock,
    RLock(usize),
    Foreign(Option<Bound<'py, PyAny>>),
    /// By the condition's own method.
    Own(Bound<'py, PyAny>),
}

#[pymethods]
impl ConditionEngine {
    #[new]
    #[pyo3(signature = (*args, **_kwargs))]
    fn new(args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            engine: engine::Condition::default(),
            lock: OnceLock::new(),
            made: MadeAt::here(args.py()),
            own: OwnMethods::default(),
        }
    }

    /// Sets the lock; the first call counts. `plain` is the class that programs begin with.
    fn _begin(
        slf: &Bound<'_, Self>,
        lock: Bound<'_, PyAny>,
        plain: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let class = slf.get_type();
        if !class.is(plain) {
            // A lock's own methods go before those of a subclass.
            let from = match lock.getattr_opt(intern!(slf.py(), "_release_save"))? {
                None => IS_OWNED,
                Some(_) => NOTIFY,
            };
            slf.get().own.note_class(&class, plain, CALLED, from)?;
        }
        // Refused the second time: then the lock that was given is let go, nothing else.
        drop(slf.get().lock.set(lock.unbind()));
        Ok(())
    }

    /// The same for a condition of the class `plain`, whose `names` become the lock's methods.
    /// False, and nothing is done, for one of a subclass.
    fn _begin_plainly(
        slf: &Bound<'_, Self>,
        lock: Bound<'_, PyAny>,
        plain: &Bound<'_, PyAny>,
        names: &Bound<'_, PyTuple>,
    ) -> PyResult<bool> {
        if !slf.get_type().is(plain) {
            return Ok(false);
        }
        for name in names {
            let name = name.cast::<PyString>()?;
            set_plainly(slf, name, Some(&lock.getattr(name)?))?;
        }
        drop(slf.get().lock.set(lock.unbind()));
        Ok(true)
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.get().own.set(slf, name, Some(value), CALLED)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        slf.get().own.set(slf, name, None, CALLED)
    }

    /// The lock under the condition.
    #[getter(_lock)]
    fn lock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.lock.get() {
            Some(lock) => Ok(lock.bind(py).clone()),
            None => Err(PyRuntimeError::new_err(
                "Condition.__init__() was not called",
            )),
        }
    }

    /// Wait until notified: without an end, or at most `timeout` seconds.
    ///
    /// The lock must be held; it is given back during the wait and taken again after it. Return
    /// True, or False if the time was over first.
    #[pyo3(signature = (timeout=None))]
    pub(super) fn wait(
        slf: &Bound<'_, Self>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let lock = this.lock(py)?;
        if !Self::owned(slf, &lock)? {
            return Err(PyRuntimeError::new_err("cannot wait on un-acquired lock"));
        }
        let timeout = Timeout::of_one_wait(timeout)?;
        let place = this.engine.take_place();
        let released = Self::release_all(slf, &lock)?;
        let deadline = timeout.patience().deadline().unwrap_or_else(Deadline::now);
        let why = Why::anyone("Condition", this, &this.made);
        let notified = place.sleep(deadline, &mut Interpreter::new(py, timeout, why));
        let taken = match released {
            Released::Own(state) => slf
                .call_method1(intern!(py, "_acquire_restore"), (state,))
                .map(drop),
            released => retake(&lock, released),
        };
        let notified = notified?;
        taken.map(|()| notified)
    }

    /// Let up to `n` of the threads that wait go on. The lock must be held.
    #[pyo3(signature = (n=Given(None)), text_signature = "($self, n=1)")]
    pub(super) fn notify(slf: &Bound<'_, Self>, n: Given<'_, '_>) -> PyResult<()> {
        let this = slf.get();
        if !Self::owned(slf, &this.lock(slf.py())?)? {
            return Err(PyRuntimeError::new_err("cannot notify on un-acquired lock"));
        }
        let count = match n.0 {
            None => 1,
            Some(_) if this.engine.waiters() == 0 => 0,
            Some(n) => how_many(&n)?,
        };
        this.engine.notify(count);
        Ok(())
    }

    /// Let all threads that wait go on. The lock must be held.
    pub(super) fn notify_all(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if this.own.has(NOTIFY) {
            let arguments = (this.engine.waiters(),);
            return slf
                .call_method1(intern!(slf.py(), "notify"), arguments)
                .map(drop);
        }
        if !Self::owned(slf, &this.lock(slf.py())?)? {
            return Err(PyRuntimeError::new_err("cannot notify on un-acquired lock"));
        }
        this.engine.notify_all();
        Ok(())
    }

    fn __enter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.lock(py)?.call_method0(intern!(py, "__enter__"))
    }

    fn __exit__<'py>(
        &self,
        kind: &Bound<'py, PyAny>,
        error: &Bound<'py, PyAny>,
        traceback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = kind.py();
        self.lock(py)?
            .call_method1(intern!(py, "__exit__"), (kind, error, traceback))
    }

    /// True if the lock is held (by the current thread, where the lock knows that).
    fn _is_owned(&self, py: Python<'_>) -> PyResult<bool> {
        is_owned(&self.lock(py)?)
    }

    /// How many threads wait.
    fn _waiting(&self) -> usize {
        self.engine.waiters()
    }

    /// Forget who waited and free the lock: for the one thread of a forked child.
    fn _at_fork_reinit(&self, py: Python<'_>) -> PyResult<()> {
        self.lock(py)?
            .call_method0(intern!(py, "_at_fork_reinit"))?;
        self.engine.reset_after_fork();
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The lock is set once and stays for life: a cycle through it is broken at the other end.
        self.lock.get().map_or(Ok(()), |lock| visit.call(lock))
    }
}

impl ConditionEngine {
    #[inline]
    fn owned(slf: &Bound<'_, Self>, lock: &Bound<'_, PyAny>) -> PyResult<bool> {
        if slf.get().own.has(IS_OWNED) {
            return slf
                .call_method0(intern!(slf.py(), "_is_owned"))?
                .is_truthy();
        }
        is_owned(lock)
    }

    #[inline]
    fn release_all<'py>(
        slf: &Bound<'py, Self>,
        lock: &Bound<'py, PyAny>,
    ) -> PyResult<Released<'py>> {
        let own = &slf.get().own;
        // What one of the two returns the other one gets.
        if own.has(RELEASE_SAVE) || own.has(ACQUIRE_RESTORE) {
            return slf
                .call_method0(intern!(slf.py(), "_release_save"))
                .map(Released::Own);
        }
        release(lock)
    }
}

/// How often one can be taken from `n` before it is no more above zero.
fn how_many(n: &Bound<'_, PyAny>) -> PyResult<usize> {
    if !n.gt(0)? {
        return Ok(0);
    }
    if let Ok(whole) = n.extract() {
        return Ok(whole);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above zero here; the cast stops at the largest number"
    )]
    Ok(n.extract::<f64>()?.ceil() as usize)
}

fn is_owned(lock: &Bound<'_, PyAny>) -> PyResult<bool> {
    if let Ok(lock) = lock.cast_exact::<RLock>() {
        return Ok(lock.get().engine.is_mine());
    }
    if let Ok(lock) = lock.cast_exact::<Lock>() {
        return Ok(lock.get().engine.is_held());
    }
    let py = lock.py();
    if let Some(ask) = lock.getattr_opt(intern!(py, "_is_owned"))? {
        return ask.call0()?.is_truthy();
    }
    if lock
        .call_method1(intern!(py, "acquire"), (false,))?
        .is_truthy()?
    {
        lock.call_method0(intern!(py, "release"))?;
        return Ok(false);
    }
    Ok(true)
}

fn release<'py>(lock: &Bound<'py, PyAny>) -> PyResult<Released<'py>> {
    if let Ok(lock) = lock.cast_exact::<RLock>() {
        let not_owner = |_| PyRuntimeError::new_err("cannot release un-acquired lock");
        return lock
            .get()
            .engine
            .release_all()
            .map(Released::RLock)
            .map_err(not_owner);
    }
    if let Ok(lock) = lock.cast_exact::<Lock>() {
        let not_held = |_| PyRuntimeError::new_err("release unlocked lock");
        return lock
            .get()
            .engine
            .release()
            .map(|()| Released::Lock)
            .map_err(not_held);
    }
    let py = lock.py();
    if let Some(save) = lock.getattr_opt(intern!(py, "_release_save"))? {
        Ok(Released::Foreign(Some(save.call0()?)))
    } else {
        lock.call_method0(intern!(py, "release"))?;
        Ok(Released::Foreign(None))
    }
}

fn retake(lock: &Bound<'_, PyAny>, released: Released<'_>) -> PyResult<()> {
    let py = lock.py();
    match released {
        Released::RLock(count) => lock.cast_exact::<RLock>()?.get().retake(py, count),
        Released::Lock => {
            let lock = lock.cast_exact::<Lock>()?.get();
            without_giving_up(py, lock.why(), |sleeper| {
                lock.engine.acquire(Timeout::None.patience(), sleeper)
            })
        }
        Released::Own(state) => retake(lock, Released::Foreign(Some(state))),
        Released::Foreign(state) => match lock.getattr_opt(intern!(py, "_acquire_restore"))? {
            Some(restore) => restore.call1((state,)).map(drop),
            None => lock.call_method0(intern!(py, "acquire")).map(drop),
        },
    }
}
