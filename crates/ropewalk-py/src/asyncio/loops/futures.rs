//! `create_future` and `create_task`.
//!
//! Promise: they make what `asyncio.futures.Future(loop=self)` and `asyncio.tasks.Task(coro,
//! loop=self)` make, with whatever stands there under these names at the moment. A task with a name
//! or a context, one of a task factory and one of debug mode is made by the standard library's code.

#![expect(unsafe_code, reason = "objects made by the slots of their types")]

use super::core::{LoopCore, OWN_TASKS};
use super::handle;
use super::stack::Stack;
use crate::names::{import, intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// A class of asyncio's, found by its name each time.
struct Named {
    /// The names of the module that has it.
    names: Py<PyDict>,
    /// The class of this name that is written in C.
    native: Option<Py<PyAny>>,
}

impl Named {
    fn find<'a>(
        py: Python<'_>,
        cell: &'a OnceLock<Self>,
        module: &Bound<'_, PyString>,
        name: &Bound<'_, PyString>,
    ) -> PyResult<&'a Self> {
        once(cell, || {
            let names = import(py, module.to_str()?)?.dict();
            let native = import(py, "_asyncio");
            let native = native.and_then(|module| module.getattr(name)).ok();
            Ok(Self {
                names: names.unbind(),
                native: native
                    .filter(PyAnyMethods::is_instance_of::<PyType>)
                    .map(Bound::unbind),
            })
        })
    }

    /// The class written in C, if the name stands for it.
    #[inline]
    fn native<'py>(&self, name: &Bound<'py, PyString>) -> Option<&Bound<'py, PyAny>> {
        // SAFETY: a dict and a string, which has a hash; a borrowed reference or null.
        let found = unsafe { ffi::PyDict_GetItemWithError(self.names.as_ptr(), name.as_ptr()) };
        let native = self.native.as_ref()?.bind(name.py());
        (native.as_ptr() == found).then_some(native)
    }
}

/// A future of the loop.
pub(super) fn create_future<'py>(event_loop: &Bound<'py, LoopCore>) -> PyResult<Bound<'py, PyAny>> {
    static FUTURES: OnceLock<Named> = OnceLock::new();
    let py = event_loop.py();
    let (module, name) = (intern!(py, "asyncio.futures"), intern!(py, "Future"));
    let known = Named::find(py, &FUTURES, module, name)?;
    if let Some(class) = known.native(name) {
        let options = options(event_loop)?;
        return make(class, handle::kinds()?.nothing.bind(py), &options);
    }
    let class = import(py, module.to_str()?)?.getattr(name)?;
    class.call((), Some(&new_options(event_loop)?))
}

/// A task of the loop.
pub(super) fn create_task<'py>(
    event_loop: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    static TASKS: OnceLock<Named> = OnceLock::new();
    let (py, core) = (event_loop.py(), event_loop.get());
    let (module, name) = (intern!(py, "asyncio.tasks"), intern!(py, "Task"));
    if let Some(coroutine) = stack.only(py)
        && !core.debug()
        && !core.has_own(OWN_TASKS)
        && let Some(class) = Named::find(py, &TASKS, module, name)?.native(name)
    {
        core.check_usable()?;
        let arguments = PyTuple::new(py, [coroutine])?;
        return make(class, &arguments, &options(event_loop)?);
    }
    stack.hand_on(event_loop, intern!(py, "create_task"))
}

/// The keywords of the call. The classes written in C only read them, so that one dict serves all.
#[inline]
fn options<'py>(event_loop: &Bound<'py, LoopCore>) -> PyResult<Bound<'py, PyDict>> {
    let core = event_loop.get();
    if core.is_closed() {
        return new_options(event_loop);
    }
    let options = once(&core.options, || new_options(event_loop).map(Bound::unbind))?;
    Ok(options.bind(event_loop.py()).clone())
}

fn new_options<'py>(event_loop: &Bound<'py, LoopCore>) -> PyResult<Bound<'py, PyDict>> {
    let py = event_loop.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "loop"), event_loop)?;
    Ok(options)
}

/// Lets a loop that was closed be freed without the collector: the dict of all calls refers to it.
pub(super) fn forget_options(event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
    let (py, core) = (event_loop.py(), event_loop.get());
    let Some(options) = core.options.get() else {
        return Ok(());
    };
    let options = options.bind(py);
    if core.is_closed() {
        options.clear();
        return Ok(());
    }
    options.set_item(intern!(py, "loop"), event_loop)
}

/// What calling a class does that is written in C and has no class of its own.
fn make<'py>(
    class: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    options: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let class = class.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: `find` has checked that it is a type.
    let new = unsafe { (*class).tp_new };
    // SAFETY: as above.
    let init = unsafe { (*class).tp_init };
    let (Some(new), Some(init)) = (new, init) else {
        let why = "this class makes no objects";
        return Err(pyo3::exceptions::PyTypeError::new_err(why));
    };
    // SAFETY: the type's own slot, with a tuple and no keywords.
    let made = unsafe { new(class, handle::kinds()?.nothing.as_ptr(), null_mut()) };
    // SAFETY: a new reference, or null with an exception.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    // SAFETY: the type's own slot, with an instance of it, a tuple and a dict.
    if unsafe { init(made.as_ptr(), arguments.as_ptr(), options.as_ptr()) } < 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(made)
}
