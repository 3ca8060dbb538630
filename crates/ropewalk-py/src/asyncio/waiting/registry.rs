//! The set of all tasks, which asyncio keeps in Python.
//!
//! Up to Python 3.13 each new task is added to a `WeakSet`, and taken out again when it dies: two
//! calls of Python functions per task. The set stays the standard library's; the two functions are
//! put in its place there, as attributes of that one set.
//!
//! Promise: the set does what a `WeakSet` does: while somebody iterates over it, what dies waits in
//! `_pending_removals`.

use super::callback::{Callback, callback};
use super::stock::Stock;
use crate::names::{import, intern, keep_modules};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use std::ffi::CStr;

/// The parts of the set. They stay the same objects for as long as it lives.
#[derive(Debug)]
struct Parts {
    references: Py<PySet>,
    iterating: Py<PySet>,
    pending: Py<PyList>,
}

impl Parts {
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.references)?;
        visit.call(&self.iterating)?;
        visit.call(&self.pending)
    }
}

/// What takes a dead task out.
#[pyclass(frozen, name = "WeakSet", module = "_weakrefset")]
#[derive(Debug)]
struct Remover(Parts);

#[pymethods]
impl Remover {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.traverse(&visit)
    }
}

impl Callback for Remover {
    type Of = Self;

    const CALLED: &'static CStr = c"_remove";

    fn called<'py>(this: &Bound<'py, Self>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, parts) = (this.py(), &this.get().0);
        let reference = needed(ended)?;
        if parts.iterating.bind(py).is_empty() {
            parts.references.bind(py).discard(reference).map(drop)
        } else {
            parts.pending.bind(py).append(reference)
        }
    }
}

/// What adds a task.
#[pyclass(frozen, name = "WeakSet", module = "_weakrefset")]
#[derive(Debug)]
struct Adder {
    parts: Parts,
    remove: Py<PyAny>,
    set: Py<PyAny>,
}

#[pymethods]
impl Adder {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.parts.traverse(&visit)?;
        visit.call(&self.remove)?;
        visit.call(&self.set)
    }
}

impl Callback for Adder {
    type Of = Self;

    const CALLED: &'static CStr = c"add";

    fn called<'py>(this: &Bound<'py, Self>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, adder) = (this.py(), this.get());
        let task = needed(ended)?;
        if !adder.parts.pending.bind(py).is_empty() {
            let set = adder.set.bind(py);
            set.call_method0(intern!(py, "_commit_removals"))?;
        }
        let reference = PyWeakrefReference::new_with(&task, adder.remove.bind(py))?;
        adder.parts.references.bind(py).add(reference)
    }
}

fn needed(argument: Option<Bound<'_, PyAny>>) -> PyResult<Bound<'_, PyAny>> {
    argument.ok_or_else(|| PyTypeError::new_err("one argument is needed"))
}

/// Have the set of all tasks work without Python code, where there is one. Once is enough.
///
/// It is called before there is a loop: so what is wanted when nothing can be imported any more is
/// looked up here too.
#[pyfunction]
pub(super) fn register_quickly(py: Python<'_>) -> PyResult<()> {
    static LOOKED_UP: AtomicBool = AtomicBool::new(false);
    keep_modules(py);
    // Once: what is tried out there makes a loop of its own. What goes wrong is said by whoever
    // needs it. Relaxed: who comes second looks it up when it is wanted.
    if !LOOKED_UP.swap(true, Ordering::Relaxed) {
        drop(Stock::get(py));
    }
    let native = import(py, "_asyncio")?;
    let names = [intern!(py, "_all_tasks"), intern!(py, "_scheduled_tasks")];
    for name in names {
        if let Some(set) = native.getattr_opt(name)? {
            quicken(&set)?;
        }
    }
    Ok(())
}

fn quicken(set: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = set.py();
    let class = import(py, "_weakrefset")?.getattr(intern!(py, "WeakSet"))?;
    let Some(own) = set.getattr_opt(intern!(py, "__dict__"))? else {
        return Ok(());
    };
    let own = own.cast_into::<PyDict>()?;
    let add = intern!(py, "add");
    if !set.get_type().is(&class) || own.contains(add)? {
        return Ok(());
    }
    let part = |name| own.get_item(name);
    let references = part(intern!(py, "data"))?;
    let iterating = part(intern!(py, "_iterating"))?;
    let pending = part(intern!(py, "_pending_removals"))?;
    let (Some(references), Some(iterating), Some(pending)) = (references, iterating, pending)
    else {
        // Another kind of set than this is written for.
        return Ok(());
    };
    let (Ok(references), Ok(iterating), Ok(pending)) = (
        references.cast_into::<PySet>(),
        iterating.cast_into::<PySet>(),
        pending.cast_into::<PyList>(),
    ) else {
        return Ok(());
    };
    let parts = || Parts {
        references: references.clone().unbind(),
        iterating: iterating.clone().unbind(),
        pending: pending.clone().unbind(),
    };
    let remove = callback::<Remover>(&Bound::new(py, Remover(parts()))?)?.unbind();
    let adder = Adder {
        parts: parts(),
        remove,
        set: set.clone().unbind(),
    };
    set.setattr(add, callback::<Adder>(&Bound::new(py, adder)?)?)
}
