//! The class under Python's Queue, `LifoQueue` and `PriorityQueue`.
//!
//! Promise: while nobody looks inside a queue, its operations never leave the engine. As soon as
//! somebody does (`mutex`, `queue`, `not_empty` ..., or a subclass with hooks), the Python class
//! above takes over through `_adopt_inside` and `_move_inside`, and the methods here pass each
//! call on to the object that holds the inside.

use super::arguments::{
    at_least_one, bound_of, exception, get_timeout, not_begun, overridden, put_timeout,
    without_waiting,
};
use super::engine::{Engine, Item};
use super::inside::{Attributes, look_inside};
use crate::error::{Refusal, of_task_done};
use crate::names::intern;
use crate::own::{Known, OwnMethods};
use crate::raised::Raised;
use crate::report::MadeAt;
use crate::timeout::{Flag, Timeout, Truth};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;
use std::sync::OnceLock;

/// A queue of Python objects; the base of `ropewalk.queue.Queue`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.queue")]
#[derive(Debug)]
pub(crate) struct QueueEngine {
    pub(super) engine: Engine,
    pub(super) attributes: ShortLock<Attributes>,
    /// For hang reports.
    pub(super) made: MadeAt,
    /// For the `_nowait` methods.
    pub(super) own: OwnMethods,
}

/// What others of its methods call.
const CALLED: &[&str] = &["put", "get"];

static KNOWN: Known = Known::nothing();

/// The number of the discipline that a class names.
fn discipline_of(class: &Bound<'_, PyType>) -> PyResult<u8> {
    let name = class.getattr(intern!(class.py(), "_discipline"))?;
    Engine::discipline(name.extract()?)
        .ok_or_else(|| PyTypeError::new_err("_discipline: 'fifo', 'lifo' or 'priority'"))
}

#[pymethods]
impl QueueEngine {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        cls: &Bound<'_, PyType>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let engine = Engine::new(KNOWN.bits_of(cls, || discipline_of(cls))?);
        // Until `_begin` opens it.
        engine.close_before_use();
        Ok(Self {
            engine,
            attributes: ShortLock::default(),
            made: MadeAt::here(cls.py()),
            own: OwnMethods::default(),
        })
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

    /// Which order the engine keeps; subclasses say which.
    #[classattr]
    fn _discipline() -> &'static str {
        "fifo"
    }

    /// Makes the queue empty and open, for at most `maxsize` items. False when `maxsize` is
    /// nothing the engine can count to.
    fn _begin(&self, py: Python<'_>, maxsize: Bound<'_, PyAny>) -> PyResult<bool> {
        let bound = bound_of(&maxsize);
        let mut sleeper = self.sleeper(py, Timeout::None, "Queue.__init__");
        let old = self
            .engine
            .reset(py, bound.unwrap_or(0), &mut sleeper)
            .map_err(exception)?;
        let fresh = Attributes {
            maxsize: Some(maxsize.unbind()),
            inside: None,
        };
        let attributes = std::mem::replace(&mut *self.attributes.lock(), fresh);
        drop((old, attributes));
        Ok(bound.is_some())
    }

    /// Put an item into the queue.
    ///
    /// While the queue is full, wait for room: without an end, or at most `timeout` seconds. With
    /// `block` false do not wait. Full is raised when there was no room in time, `ShutDown` when
    /// the queue is shut down.
    #[pyo3(
        signature = (item, block=Flag::Known(true), timeout=None),
        text_signature = "($self, item, block=True, timeout=None)"
    )]
    pub(super) fn put<'py>(
        slf: &Bound<'py, Self>,
        item: Item,
        block: Flag<'_, 'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let time = put_timeout(&this.engine, &block, timeout)?;
        let mut sleeper = this.sleeper(py, time, "Queue.put");
        match this.engine.put(py, item, time.patience(), &mut sleeper) {
            Ok(()) => Ok(()),
            Err(Refusal::GoInside(item)) => {
                let arguments = (slf, item, block.object(py), sleeper.remaining(timeout)?);
                this.begun_inside(py)?
                    .call_method1(intern!(py, "put"), arguments)
                    .map(drop)
            }
            Err(Refusal::Raise(why, _)) => Err(why),
        }
    }

    /// Take the next item out of the queue and return it.
    ///
    /// While the queue is empty, wait for an item: without an end, or at most `timeout` seconds.
    /// With `block` false do not wait. Empty is raised when no item came in time, `ShutDown` when
    /// the queue is shut down and empty.
    #[pyo3(
        signature = (block=Flag::Known(true), timeout=None),
        text_signature = "($self, block=True, timeout=None)"
    )]
    pub(super) fn get<'py>(
        slf: &Bound<'py, Self>,
        block: Flag<'_, 'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Item> {
        let (py, this) = (slf.py(), slf.get());
        let time = get_timeout(&this.engine, &block, timeout)?;
        let mut sleeper = this.sleeper(py, time, "Queue.get");
        match slf.get().engine.get(py, time.patience(), &mut sleeper) {
            Ok(item) => Ok(item),
            Err(Refusal::GoInside(())) => {
                let arguments = (slf, block.object(py), sleeper.remaining(timeout)?);
                Ok(this
                    .begun_inside(py)?
                    .call_method1(intern!(py, "get"), arguments)?
                    .unbind())
            }
            Err(Refusal::Raise(why, _)) => Err(why),
        }
    }

    /// Put several items into the queue, in order, waiting for room for each of them.
    ///
    /// `timeout` is for all of them together. When Full or `ShutDown` is raised, the exception's
    /// `remaining` is a tuple of the items that are not in the queue.
    #[pyo3(
        signature = (items, block=Flag::Known(true), timeout=None),
        text_signature = "($self, items, block=True, timeout=None)"
    )]
    fn put_many<'py>(
        slf: &Bound<'py, Self>,
        items: &Bound<'_, PyAny>,
        block: Flag<'_, 'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let items = items
            .try_iter()?
            .map(|item| Ok(item?.unbind()))
            .collect::<PyResult<_>>()?;
        let time = put_timeout(&this.engine, &block, timeout)?;
        let mut sleeper = this.sleeper(py, time, "Queue.put_many");
        match this
            .engine
            .put_many(py, items, time.patience(), &mut sleeper)
        {
            Ok(()) => Ok(()),
            Err((Refusal::GoInside(()), rest)) => {
                let arguments = (slf, rest, block.object(py), sleeper.remaining(timeout)?);
                this.begun_inside(py)?
                    .call_method1(intern!(py, "put_many"), arguments)
                    .map(drop)
            }
            Err((Refusal::Raise(why, _), rest)) => {
                let why = why.made(py);
                why.value(py)
                    .setattr(intern!(py, "remaining"), PyTuple::new(py, rest)?)?;
                Err(why)
            }
        }
    }

    /// Take several items out of the queue: a list of at least one and at most `max_items`.
    ///
    /// Waits for the first item as `get()` does, and for no other.
    #[pyo3(
        signature = (max_items=None, block=Flag::Known(true), timeout=None),
        text_signature = "($self, max_items=None, block=True, timeout=None)"
    )]
    fn get_many<'py>(
        slf: &Bound<'py, Self>,
        max_items: Option<isize>,
        block: Flag<'_, 'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let this = slf.get();
        let count = at_least_one(max_items)?;
        let time = get_timeout(&this.engine, &block, timeout)?;
        let mut sleeper = this.sleeper(py, time, "Queue.get_many");
        match slf
            .get()
            .engine
            .get_many(py, count, time.patience(), &mut sleeper)
        {
            Ok(items) => Ok(PyList::new(py, items)?.into_any()),
            Err(Refusal::GoInside(())) => {
                let arguments = (
                    slf,
                    max_items,
                    block.object(py),
                    sleeper.remaining(timeout)?,
                );
                this.begun_inside(py)?
                    .call_method1(intern!(py, "get_many"), arguments)
            }
            Err(Refusal::Raise(why, _)) => Err(why),
        }
    }

    /// Put an item into the queue if there is room now; otherwise raise Full.
    pub(super) fn put_nowait(slf: &Bound<'_, Self>, item: Item) -> PyResult<Py<PyAny>> {
        static PUT: OnceLock<Py<PyAny>> = OnceLock::new();
        let py = slf.py();
        let name = intern!(py, "put");
        if overridden(slf, name, &PUT)? {
            return Ok(slf
                .call_method(name, (item,), Some(&without_waiting(py)?))?
                .unbind());
        }
        Self::put(slf, item, Flag::Known(false), None).map(|()| py.None())
    }

    /// Take the next item out of the queue if there is one now; otherwise raise Empty.
    pub(super) fn get_nowait(slf: &Bound<'_, Self>) -> PyResult<Item> {
        static GET: OnceLock<Py<PyAny>> = OnceLock::new();
        let name = intern!(slf.py(), "get");
        if overridden(slf, name, &GET)? {
            return Ok(slf
                .call_method(name, (), Some(&without_waiting(slf.py())?))?
                .unbind());
        }
        Self::get(slf, Flag::Known(false), None)
    }

    /// Report that one item taken out with `get()` has been worked on.
    ///
    /// When this has been called once for each item put in, `join()` returns. One call too many
    /// raises `ValueError`.
    pub(super) fn task_done(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if this.engine.is_handed_over() {
            return this
                .begun_inside(slf.py())?
                .call_method0(intern!(slf.py(), "task_done"))
                .map(drop);
        }
        this.engine.task_done().map_err(of_task_done)
    }

    /// Wait until `task_done()` has been called for every item put into the queue.
    fn join(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        match slf
            .get()
            .engine
            .join(py, &mut slf.get().sleeper(py, Timeout::None, "Queue.join"))
        {
            Ok(()) => Ok(()),
            Err(Refusal::GoInside(())) => slf
                .get()
                .begun_inside(py)?
                .call_method0(intern!(py, "join"))
                .map(drop),
            Err(Refusal::Raise(why, _)) => Err(why),
        }
    }

    /// Shut the queue down: from now on `put()` raises `ShutDown`, and so does `get()` once the queue
    /// is empty. With `immediate` what is inside is thrown away and counts as done.
    #[pyo3(
        signature = (immediate=Truth(false)),
        text_signature = "($self, immediate=False)"
    )]
    fn shutdown(slf: &Bound<'_, Self>, immediate: Truth) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.engine.is_handed_over() {
            return this
                .begun_inside(py)?
                .call_method1(intern!(py, "shutdown"), (slf, immediate.0))
                .map(drop);
        }
        if immediate.0 {
            let mut sleeper = this.sleeper(py, Timeout::None, "Queue.shutdown");
            drop(
                this.engine
                    .shutdown_now(py, &mut sleeper)
                    .map_err(exception)?,
            );
        } else {
            this.engine.shutdown();
        }
        Ok(())
    }

    /// Return how many items are inside. By the time you look at it, it may be another number.
    pub(super) fn qsize<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if this.engine.is_handed_over() {
            return this
                .begun_inside(py)?
                .call_method1(intern!(py, "qsize"), (slf,));
        }
        Ok(this.engine.len().into_pyobject(py)?.into_any())
    }

    /// Return True if nothing is inside. By the time you look at it, that may have changed.
    fn empty(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Ok(!Self::qsize(slf)?.is_truthy()?)
    }

    /// Return True if there is no room. By the time you look at it, that may have changed.
    fn full(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        if this.engine.is_handed_over() {
            return this
                .begun_inside(py)?
                .call_method1(intern!(py, "full"), (slf,))?
                .is_truthy();
        }
        Ok(this.engine.is_full())
    }

    /// The number of items that fit; zero or less: any number.
    #[getter]
    fn maxsize(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let attributes = self.attributes.lock();
        let maxsize = attributes
            .maxsize
            .as_ref()
            .map(|maxsize| maxsize.clone_ref(py));
        drop(attributes);
        maxsize.ok_or_else(|| not_begun("maxsize"))
    }

    #[setter]
    fn set_maxsize(slf: &Bound<'_, Self>, maxsize: Bound<'_, PyAny>) -> PyResult<()> {
        let this = slf.get();
        let bound = bound_of(&maxsize);
        let old = this.attributes.lock().maxsize.replace(maxsize.unbind());
        drop(old);
        match bound {
            Some(bound) => this.engine.set_bound(bound),
            None => drop(slf.call_method0(intern!(slf.py(), "_look_inside"))?),
        }
        Ok(())
    }

    #[deleter]
    fn delete_maxsize(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.call_method0(intern!(slf.py(), "_look_inside"))?;
        let old = slf.get().attributes.lock().maxsize.take();
        drop(old);
        Ok(())
    }

    /// How many items were put and not yet reported by `task_done()`.
    #[getter]
    fn unfinished_tasks<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        match this.inside(py) {
            Some(inside) => inside
                .into_bound(py)
                .getattr(intern!(py, "unfinished_tasks")),
            None => Ok(this.engine.unfinished().into_pyobject(py)?.into_any()),
        }
    }

    #[setter]
    fn set_unfinished_tasks(slf: &Bound<'_, Self>, count: Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.inside(py).is_none()
            && let Ok(whole) = count.extract()
        {
            this.engine.set_unfinished(whole);
            return Ok(());
        }
        // Whatever else it is the engine cannot count with.
        look_inside(slf)?.setattr(intern!(py, "unfinished_tasks"), count)
    }

    /// True once the queue has been shut down.
    #[getter]
    fn is_shutdown<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        match this.inside(py) {
            Some(inside) => inside.into_bound(py).getattr(intern!(py, "is_shutdown")),
            None => Ok(this
                .engine
                .is_shut_down()
                .into_pyobject(py)?
                .to_owned()
                .into_any()),
        }
    }

    #[setter]
    fn set_is_shutdown(&self, py: Python<'_>, flag: Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(inside) = self.inside(py) {
            inside.bind(py).setattr(intern!(py, "is_shutdown"), flag)
        } else {
            self.engine.set_shut_down(flag.is_truthy()?);
            Ok(())
        }
    }

    /// The container of the items; the first look moves them there.
    #[getter]
    fn queue<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        look_inside(slf)?.getattr(intern!(slf.py(), "queue"))
    }

    #[setter]
    fn set_queue(slf: &Bound<'_, Self>, container: Bound<'_, PyAny>) -> PyResult<()> {
        look_inside(slf)?.setattr(intern!(slf.py(), "queue"), container)
    }

    /// The object that holds the queue's inside, or None while the engine does.
    #[getter]
    fn _inside(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.inside(py)
    }

    /// Makes `inside` the object that will hold the queue's inside, unless there is one already;
    /// returns the one that is.
    fn _adopt_inside(&self, py: Python<'_>, inside: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.adopt_inside(py, inside)
    }

    /// Moves everything the engine holds into `inside`; later calls do nothing. The caller holds
    /// the mutex of `inside`.
    fn _move_inside(&self, py: Python<'_>, inside: &Bound<'_, PyAny>) -> PyResult<()> {
        self.move_inside(py, inside)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(attributes) = self.attributes.try_lock() {
            visit.call(&attributes.maxsize)?;
            visit.call(&attributes.inside)?;
        }
        self.engine.traverse(&visit)
    }

    fn __clear__(&self) {
        let attributes = std::mem::take(&mut *self.attributes.lock());
        drop((self.engine.clear(), attributes));
    }
}
