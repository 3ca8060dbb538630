//! The class under Python's `Queue`, `LifoQueue` and `PriorityQueue`.
//! Promise: it translates; what a call means is in `inside`, `put`, `get` and `join`.

use super::classes;
use super::get::Get;
use super::items::{Discipline, Items, Maxsize, State};
use super::join::Join;
use super::put::Put;
use crate::asyncio::awaitable::{AtOnce, Held, at_once, coroutine, quick};
use crate::asyncio::locks::{Home, Waiters};
use crate::asyncio::plain::Plain;
use crate::names::intern;
use crate::timeout::Truth;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::AtomicBool;
use ropewalk_park::ShortLock;

/// The methods of Python's that the engine goes past.
const METHODS: &[&str] = &[
    "_init",
    "_get",
    "_put",
    "_wakeup_next",
    "_get_loop",
    "qsize",
    "empty",
    "full",
    "put_nowait",
    "get_nowait",
];

/// A queue for tasks; the base of `ropewalk.asyncio.Queue`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.queues")]
#[derive(Debug)]
pub(crate) struct QueueEngine {
    pub(super) state: ShortLock<State>,
    pub(super) getters: Waiters,
    pub(super) putters: Waiters,
    pub(super) discipline: Discipline,
    /// False: a subclass, or whoever set one, has methods that have to be called.
    pub(super) plain: Plain,
    /// Threads have an end of this queue.
    pub(super) shared: AtomicBool,
    pub(super) end: ShortLock<Option<Py<PyAny>>>,
    home: Home,
}

impl QueueEngine {
    /// Puts, if nothing else is to be done and no Python code is to be run.
    #[inline]
    pub(super) fn put_at_once(&self, py: Python<'_>, item: &Py<PyAny>) -> bool {
        self.plain.is()
            && !self.is_shared()
            && self.getters.are_surely_none()
            && self.state.lock().put(py, item)
    }

    /// Gets, if nothing else is to be done and no Python code is to be run.
    #[inline]
    pub(super) fn get_at_once(&self) -> Option<Py<PyAny>> {
        if !self.plain.is() || self.is_shared() || !self.putters.are_surely_none() {
            return None;
        }
        self.state.lock().get(self.discipline)
    }

    /// A new future of the loop that runs, if the queue may be used in it.
    pub(super) fn future<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().home.future(slf.as_any())
    }

    /// `_finished`, made at its first use.
    pub(super) fn finished<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let found = this
            .state
            .lock()
            .finished
            .as_ref()
            .map(|event| event.clone_ref(py));
        if let Some(found) = found {
            return Ok(found.into_bound(py));
        }
        let event = classes::event(py)?;
        let idle = {
            let mut state = this.state.lock();
            state.finished = Some(event.clone().unbind());
            state.unfinished <= 0
        };
        if idle {
            event.call_method0(intern!(py, "set"))?;
        }
        Ok(event)
    }
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
        let py = cls.py();
        let discipline = cls.getattr(intern!(py, "_discipline"))?;
        let discipline = match discipline.extract::<&str>()? {
            "fifo" => Discipline::Fifo,
            "lifo" => Discipline::Lifo,
            "heap" => Discipline::Heap,
            _ => {
                return Err(PyValueError::new_err(
                    "_discipline: 'fifo', 'lifo' or 'heap'",
                ));
            }
        };
        Ok(Self {
            state: ShortLock::default(),
            getters: Waiters::default(),
            putters: Waiters::default(),
            discipline,
            plain: Plain::of(cls, METHODS)?,
            shared: AtomicBool::new(false),
            end: ShortLock::default(),
            home: Home::default(),
        })
    }

    /// Which order the engine keeps; subclasses say which.
    #[classattr]
    fn _discipline() -> &'static str {
        "fifo"
    }

    /// Whether no method that the engine relies on is overridden: what a subclass says.
    #[classattr]
    fn _plain() -> bool {
        true
    }

    /// Makes the queue empty and open. True: the container has to be made by `_init`.
    fn _begin(&self, maxsize: &Bound<'_, PyAny>) -> bool {
        self.put_maxsize(maxsize);
        !self.plain.is() || self.discipline == Discipline::Heap
    }

    /// A coroutine that puts an item in.
    fn _put_coroutine<'py>(slf: &Bound<'py, Self>, item: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let queue = Held::new(slf.clone().unbind());
        coroutine(slf.py(), Put::of(queue, Held::new(item)))
    }

    /// A coroutine that takes an item out.
    fn _get_coroutine<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Get::of(Held::new(slf.clone().unbind())))
    }

    /// A coroutine that waits until every item is done with.
    fn _join_coroutine<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Join::of(Held::new(slf.clone().unbind())))
    }

    #[classattr]
    fn _quick_put(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Put>(py)
    }

    #[classattr]
    fn _quick_get(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Get>(py)
    }

    #[classattr]
    fn _quick_join(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Join>(py)
    }

    #[classattr]
    fn _quick_put_nowait(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        at_once::<PutNow>(py)
    }

    #[classattr]
    fn _quick_get_nowait(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        at_once::<GetNow>(py)
    }

    /// Put an item into the queue if there is room now; otherwise raise `QueueFull`.
    fn put_nowait(slf: &Bound<'_, Self>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        if slf.get().put_at_once(slf.py(), item.as_unbound()) {
            return Ok(());
        }
        let _held = slf.get().hold(slf.py())?;
        Self::put_now(slf, item)
    }

    /// Take the next item out of the queue if there is one now; otherwise raise `QueueEmpty`.
    fn get_nowait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(item) = slf.get().get_at_once() {
            return Ok(item.into_bound(slf.py()));
        }
        let _held = slf.get().hold(slf.py())?;
        Self::get_now(slf)
    }

    /// The number of items in the queue.
    fn qsize(&self, py: Python<'_>) -> PyResult<usize> {
        self.count(py)
    }

    /// Whether there is no item in the queue.
    fn empty(&self, py: Python<'_>) -> PyResult<bool> {
        self.count(py).map(|count| count == 0)
    }

    /// Whether there is no room in the queue.
    fn full(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::is_full_itself(slf)
    }

    /// Report that one item taken out with `get()` has been worked on.
    ///
    /// `ValueError` is raised when this is called more often than items were put in.
    fn task_done(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let _held = this.hold(py)?;
        let left = {
            let mut state = this.state.lock();
            if state.unfinished <= 0 {
                drop(state);
                let why = "task_done() called too many times";
                return Err(PyValueError::new_err(why));
            }
            state.unfinished -= 1;
            state.unfinished
        };
        if left == 0 && !Self::finish_from_outside(slf)? {
            this.finish(py)?;
        }
        Ok(())
    }

    /// Shut the queue down: `put()` raises `QueueShutDown`, and so does `get()` when it is empty.
    ///
    /// With `immediate`, drop all items and count them as worked on. Whoever waits is woken.
    #[pyo3(signature = (immediate=Truth(false)), text_signature = "($self, immediate=False)")]
    fn shutdown(slf: &Bound<'_, Self>, immediate: Truth) -> PyResult<()> {
        let _held = slf.get().hold(slf.py())?;
        Self::shut_down_now(slf, immediate.0)
    }

    /// Wakes the first task that waits for an item.
    fn _wake_getter(slf: &Bound<'_, Self>) -> PyResult<()> {
        let _held = slf.get().hold(slf.py())?;
        Self::wake_here(slf, &slf.get().getters, slf.py())
    }

    /// Wakes the first task that waits for room.
    fn _wake_putter(slf: &Bound<'_, Self>) -> PyResult<()> {
        let _held = slf.get().hold(slf.py())?;
        Self::wake_here(slf, &slf.get().putters, slf.py())
    }

    /// Wakes all tasks that wait.
    fn _wake_all(&self, py: Python<'_>) -> PyResult<()> {
        let _held = self.hold(py)?;
        self.getters.wake_all(py)?;
        self.putters.wake_all(py)
    }

    /// Wakes those who wait in `join()`, unless there is work again.
    fn _finish(&self, py: Python<'_>) -> PyResult<()> {
        let _held = self.hold(py)?;
        if self.state.lock().unfinished > 0 {
            return Ok(());
        }
        self.finish(py)
    }

    /// Lets threads in through `end`, unless they have an end already; returns theirs.
    fn _share<'py>(&self, end: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        if let Some(end) = self.end(end.py()) {
            return end;
        }
        self.share_with(end);
        end.clone()
    }

    /// The threads' end, or None.
    fn _shared<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.end(py)
    }

    /// A list of the items, in the order of the container.
    fn _items<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let container = match &self.state.lock().items {
            Items::Inside(items) => {
                return Ok(items.iter().map(|item| item.bind(py).clone()).collect());
            }
            Items::Outside(container) => container.clone_ref(py),
        };
        container.bind(py).try_iter()?.collect()
    }

    #[getter(_queue)]
    fn get_queue<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::container(slf)
    }

    #[setter(_queue)]
    fn set_queue(&self, container: &Bound<'_, PyAny>) {
        self.set_container(container);
    }

    #[getter(_maxsize)]
    fn get_maxsize<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.state.lock().maxsize {
            Maxsize::Small(small) => PyInt::new(py, *small).into_any(),
            Maxsize::Other(object) => object.bind(py).clone(),
        }
    }

    #[setter(_maxsize)]
    fn put_maxsize(&self, maxsize: &Bound<'_, PyAny>) {
        let small = maxsize.cast_exact::<PyInt>().ok();
        let new = match small.and_then(|small| small.extract().ok()) {
            Some(small) => Maxsize::Small(small),
            None => Maxsize::Other(maxsize.clone().unbind()),
        };
        let old = std::mem::replace(&mut self.state.lock().maxsize, new);
        drop(old);
    }

    #[getter(_getters)]
    fn get_getters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.getters.get_or_make(py)
    }

    #[setter(_getters)]
    fn set_getters(&self, getters: &Bound<'_, PyAny>) {
        self.getters.set(getters);
    }

    #[getter(_putters)]
    fn get_putters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.putters.get_or_make(py)
    }

    #[setter(_putters)]
    fn set_putters(&self, putters: &Bound<'_, PyAny>) {
        self.putters.set(putters);
    }

    #[getter(_unfinished_tasks)]
    fn get_unfinished(&self) -> i64 {
        self.state.lock().unfinished
    }

    #[setter(_unfinished_tasks)]
    fn set_unfinished(&self, unfinished: i64) {
        self.state.lock().unfinished = unfinished;
    }

    #[getter(_finished)]
    fn get_finished<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::finished(slf)
    }

    #[setter(_finished)]
    fn set_finished(&self, finished: Py<PyAny>) {
        let old = self.state.lock().finished.replace(finished);
        drop(old);
    }

    #[getter(_is_shutdown)]
    fn get_is_shutdown(&self) -> bool {
        self.is_shut_down()
    }

    #[setter(_is_shutdown)]
    fn set_is_shutdown(&self, value: Truth) {
        self.state.lock().shut_down = value.0;
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.get().plain.set(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        slf.get().plain.set(slf, name, None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(state) = self.state.try_lock() {
            match &state.items {
                Items::Inside(items) => items.iter().try_for_each(|item| visit.call(item))?,
                Items::Outside(container) => visit.call(container)?,
            }
            if let Maxsize::Other(maxsize) = &state.maxsize {
                visit.call(maxsize)?;
            }
            visit.call(&state.finished)?;
        }
        if let Some(end) = self.end.try_lock() {
            visit.call(&*end)?;
        }
        self.home.traverse(&visit)?;
        self.getters.traverse(&visit)?;
        self.putters.traverse(&visit)
    }

    fn __clear__(&self) {
        let state = std::mem::take(&mut *self.state.lock());
        let end = self.end.lock().take();
        drop((state, end));
        self.home.clear();
        self.getters.clear();
        self.putters.clear();
    }
}

/// `put_nowait(item)`.
struct PutNow;

impl AtOnce for PutNow {
    type Of = QueueEngine;

    fn act(py: Python<'_>, queue: &QueueEngine, item: Option<&Py<PyAny>>) -> Option<Py<PyAny>> {
        queue.put_at_once(py, item?).then(|| py.None())
    }
}

/// `get_nowait()`.
struct GetNow;

impl AtOnce for GetNow {
    type Of = QueueEngine;

    fn act(_py: Python<'_>, queue: &QueueEngine, _item: Option<&Py<PyAny>>) -> Option<Py<PyAny>> {
        queue.get_at_once()
    }
}
