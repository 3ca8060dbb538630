//! The queue's operations, as far as they do not wait.
//!
//! Promise: in the order and with the checks of the standard library's methods of the same names.
//! Whatever a subclass overrides is called.

use super::classes;
use super::engine::QueueEngine;
use super::items::{Discipline, Items, Maxsize};
use crate::asyncio::deque;
use crate::asyncio::locks::Waiters;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;

impl QueueEngine {
    /// The container that Python code sees, with all items in it from now on.
    pub(super) fn container<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if let Items::Outside(container) = &this.state.lock().items {
            return Ok(container.bind(py).clone());
        }
        let container = match this.discipline {
            Discipline::Fifo => deque::class(py)?.call0()?,
            _ => PyList::empty(py).into_any(),
        };
        let old = {
            let mut state = this.state.lock();
            let outside = Items::Outside(container.clone().unbind());
            std::mem::replace(&mut state.items, outside)
        };
        match old {
            Items::Inside(items) if items.is_empty() => {}
            Items::Inside(items) => {
                let items = PyList::new(py, items)?;
                container.call_method1(intern!(py, "extend"), (items,))?;
            }
            Items::Outside(first) => {
                // Another thread was faster; its container it is.
                let container = first.bind(py).clone();
                this.set_container(&container);
                return Ok(container);
            }
        }
        Ok(container)
    }

    pub(super) fn set_container(&self, container: &Bound<'_, PyAny>) {
        let outside = Items::Outside(container.clone().unbind());
        let old = std::mem::replace(&mut self.state.lock().items, outside);
        drop(old);
    }

    /// The number of items.
    pub(super) fn count(&self, py: Python<'_>) -> PyResult<usize> {
        let container = match &self.state.lock().items {
            Items::Inside(items) => return Ok(items.len()),
            Items::Outside(container) => container.clone_ref(py),
        };
        container.bind(py).len()
    }

    /// `full()`.
    pub(super) fn is_full(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        if !this.plain.is() {
            return slf.call_method0(intern!(py, "full"))?.is_truthy();
        }
        Self::is_full_itself(slf)
    }

    /// What the standard library's `full()` does, which a subclass may call.
    pub(super) fn is_full_itself(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let maxsize = {
            let state = this.state.lock();
            if let Some(full) = state.is_full().filter(|_| this.plain.is()) {
                return Ok(full);
            }
            match &state.maxsize {
                Maxsize::Small(maxsize) => maxsize.into_pyobject(py)?.into_any(),
                Maxsize::Other(maxsize) => maxsize.bind(py).clone(),
            }
        };
        if maxsize.le(0)? {
            return Ok(false);
        }
        let count = if this.plain.is() {
            this.count(py)?.into_pyobject(py)?.into_any()
        } else {
            slf.call_method0(intern!(py, "qsize"))?
        };
        count.ge(maxsize)
    }

    /// `empty()`.
    pub(super) fn is_empty(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        if !this.plain.is() {
            return slf.call_method0(intern!(py, "empty"))?.is_truthy();
        }
        this.count(py).map(|count| count == 0)
    }

    fn put_item(slf: &Bound<'_, Self>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if !this.plain.is() {
            return slf.call_method1(intern!(py, "_put"), (item,)).map(drop);
        }
        let container = match &mut this.state.lock().items {
            Items::Inside(items) => {
                items.push_back(item.clone().unbind());
                return Ok(());
            }
            Items::Outside(container) => container.clone_ref(py),
        };
        let container = container.bind(py);
        if this.discipline == Discipline::Heap {
            classes::heap_push(py)?.call1((container, item)).map(drop)
        } else {
            container
                .call_method1(intern!(py, "append"), (item,))
                .map(drop)
        }
    }

    fn get_item<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if !this.plain.is() {
            return slf.call_method0(intern!(py, "_get"));
        }
        let container = {
            let mut state = this.state.lock();
            if let Some(item) = state.get(this.discipline) {
                return Ok(item.into_bound(py));
            }
            match &state.items {
                Items::Inside(_) => None,
                Items::Outside(container) => Some(container.bind(py).clone()),
            }
        };
        let Some(container) = container else {
            return Err(classes::empty(py));
        };
        match this.discipline {
            Discipline::Fifo => container.call_method0(intern!(py, "popleft")),
            Discipline::Lifo => container.call_method0(intern!(py, "pop")),
            Discipline::Heap => classes::heap_pop(py)?.call1((container,)),
        }
    }

    /// `_wakeup_next(waiters)`, from whichever thread.
    pub(super) fn wake(slf: &Bound<'_, Self>, putters: bool) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let waiters = if putters {
            &this.putters
        } else {
            &this.getters
        };
        let nobody = this.plain.is() && waiters.are_surely_none();
        if nobody || Self::wake_from_outside(slf, putters)? {
            return Ok(());
        }
        Self::wake_here(slf, waiters, py)
    }

    pub(super) fn wake_here(
        slf: &Bound<'_, Self>,
        waiters: &Waiters,
        py: Python<'_>,
    ) -> PyResult<()> {
        if !slf.get().plain.is() {
            let container = waiters.get_or_make(py)?;
            return slf
                .call_method1(intern!(py, "_wakeup_next"), (container,))
                .map(drop);
        }
        waiters.wake_next(py)
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.state.lock().shut_down
    }

    /// `put_nowait(item)`.
    pub(super) fn put_now(slf: &Bound<'_, Self>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.is_shut_down() {
            return Err(classes::shut_down(py));
        }
        if Self::is_full(slf)? {
            return Err(classes::full(py));
        }
        Self::put_item(slf, item)?;
        let finished = {
            let mut state = this.state.lock();
            state.unfinished += 1;
            state.finished.as_ref().map(|event| event.clone_ref(py))
        };
        if let Some(finished) = finished {
            finished.call_method0(py, intern!(py, "clear"))?;
        }
        Self::wake(slf, false)?;
        this.tell_threads(py, intern!(py, "_put"))
    }

    /// `get_nowait()`.
    pub(super) fn get_now<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if Self::is_empty(slf)? {
            return Err(if this.is_shut_down() {
                classes::shut_down(py)
            } else {
                classes::empty(py)
            });
        }
        let item = Self::get_item(slf)?;
        Self::wake(slf, true)?;
        this.tell_threads(py, intern!(py, "_got"))?;
        Ok(item)
    }

    /// Sets `_finished`, if anybody has ever asked for it.
    pub(super) fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let finished = self
            .state
            .lock()
            .finished
            .as_ref()
            .map(|event| event.clone_ref(py));
        match finished {
            Some(finished) => finished.call_method0(py, intern!(py, "set")).map(drop),
            None => Ok(()),
        }
    }

    /// `shutdown(immediate)`.
    pub(super) fn shut_down_now(slf: &Bound<'_, Self>, immediate: bool) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        this.state.lock().shut_down = true;
        if immediate {
            while !Self::is_empty(slf)? {
                drop(Self::get_item(slf)?);
                let mut state = this.state.lock();
                if state.unfinished > 0 {
                    state.unfinished -= 1;
                }
            }
            if this.state.lock().unfinished == 0 {
                this.finish(py)?;
            }
        }
        if !Self::wake_all_from_outside(slf)? {
            this.getters.wake_all(py)?;
            this.putters.wake_all(py)?;
        }
        this.tell_threads(py, intern!(py, "_shut_down"))
    }
}
