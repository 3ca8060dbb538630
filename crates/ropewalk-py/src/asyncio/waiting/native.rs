//! The methods of asyncio's own futures, called without a look-up.
//!
//! Promise: what is called is the very function that the class would call; and only for objects of `_asyncio.Future` and `_asyncio.Task` themselves, whose methods nobody can replace.

#![expect(unsafe_code, reason = "C functions that descriptors point to")]

use super::calls::{CONTEXT, Keywords};
use crate::names::intern;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyType};
use std::ffi::c_int;

/// A method that `_asyncio.Future` and `_asyncio.Task` share.
#[derive(Debug)]
struct Method {
    /// What the class has under the name, which keeps the function alive.
    descriptor: Py<PyAny>,
    class: Py<PyType>,
    function: Function,
}

const FAST: c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
const OF_CLASS: c_int = FAST | ffi::METH_METHOD;

/// How C takes the arguments.
#[derive(Clone, Copy, Debug)]
enum Function {
    None(ffi::PyCFunction),
    One(ffi::PyCFunction),
    Fast(ffi::PyCFunctionFastWithKeywords),
    OfClass(ffi::PyCMethod),
    /// In a way that is not known here: the descriptor is called.
    Other,
}

impl Method {
    fn find(future: &Bound<'_, PyType>, task: &Bound<'_, PyType>, name: &str) -> PyResult<Self> {
        let py = future.py();
        let found = future.getattr(name)?;
        let mut method = Self {
            descriptor: found.clone().unbind(),
            class: future.clone().unbind(),
            function: Function::Other,
        };
        // SAFETY: the static type object lives as long as the interpreter.
        let kind = &raw mut ffi::PyMethodDescr_Type;
        if found.get_type_ptr() != kind || !task.getattr(name)?.is(&found) {
            return Ok(method);
        }
        let descriptor = found.as_ptr().cast::<ffi::PyMethodDescrObject>();
        // SAFETY: its type says that this is its layout.
        let owner = unsafe { (*descriptor).d_common.d_type };
        // SAFETY: the descriptor keeps the class alive that it is of.
        let owner = unsafe { Bound::from_borrowed_ptr(py, owner.cast()) };
        method.class = owner.cast_into::<PyType>()?.unbind();
        // SAFETY: as above.
        let definition = unsafe { (*descriptor).d_method };
        // SAFETY: the definition lives as long as the class.
        let definition = unsafe { *definition };
        let call = definition.ml_meth;
        method.function = match definition.ml_flags {
            // SAFETY: the flags say which of the pointers it is, here and below.
            ffi::METH_NOARGS => Function::None(unsafe { call.PyCFunction }),
            // SAFETY: as above.
            ffi::METH_O => Function::One(unsafe { call.PyCFunction }),
            // SAFETY: as above.
            FAST => Function::Fast(unsafe { call.PyCFunctionFastWithKeywords }),
            // SAFETY: as above.
            OF_CLASS => Function::OfClass(unsafe { call.PyCMethod }),
            _ => Function::Other,
        };
        Ok(method)
    }

    /// Calls it; the last of the arguments are those that have names.
    #[inline]
    fn call<'py, const COUNT: usize>(
        &self,
        future: &Native<'_, 'py>,
        arguments: [&Bound<'py, PyAny>; COUNT],
        keywords: Option<&'static Keywords>,
    ) -> PyResult<Bound<'py, PyAny>> {
        const ROOM: usize = 4;
        const { assert!(COUNT < ROOM, "more arguments than there is room for") };
        let py = future.0.py();
        let this = future.0.as_ptr();
        let mut pointers = [std::ptr::null_mut(); ROOM];
        pointers[0] = this;
        for (pointer, argument) in pointers[1..].iter_mut().zip(arguments) {
            *pointer = argument.as_ptr();
        }
        let (names, count_named) = match keywords {
            Some(keywords) => (keywords.names(py)?.as_ptr(), keywords.len()),
            None => (std::ptr::null_mut(), 0),
        };
        let positional = COUNT.saturating_sub(count_named);
        let first = pointers[1..].as_ptr();
        let result = match self.function {
            Function::None(function) if COUNT == 0 => {
                // SAFETY: a method without arguments, of an object of the class that it is of.
                unsafe { function(this, std::ptr::null_mut()) }
            }
            Function::One(function) if COUNT == 1 && count_named == 0 => {
                // SAFETY: a method with one argument, of an object of the class that it is of.
                unsafe { function(this, pointers[1]) }
            }
            Function::Fast(function) => {
                // SAFETY: as above; the arguments, those with names last, outlive the call.
                unsafe { function(this, first, positional.cast_signed(), names) }
            }
            Function::OfClass(function) => {
                let class = self.class.as_ptr().cast();
                // SAFETY: as above, with the class that defines it.
                unsafe { function(this, class, first, positional.cast_signed(), names) }
            }
            _ => {
                let call = self.descriptor.as_ptr();
                // SAFETY: the object itself comes first, and counts as positional.
                unsafe { ffi::PyObject_Vectorcall(call, pointers.as_ptr(), positional + 1, names) }
            }
        };
        // SAFETY: the call returned a new reference, or null with an exception set.
        unsafe { Bound::from_owned_ptr_or_err(py, result) }
    }
}

/// The methods in use.
#[derive(Debug)]
pub(super) struct Methods {
    future: Py<PyType>,
    task: Py<PyType>,
    done: Method,
    cancelled: Method,
    exception: Method,
    result: Method,
    get_loop: Method,
    add_done_callback: Method,
    remove_done_callback: Method,
    /// Of futures only: a task is given no result.
    set_result: Method,
    /// Of tasks only.
    cancelling: Method,
}

impl Methods {
    pub(super) fn find(future: &Bound<'_, PyType>, task: &Bound<'_, PyType>) -> PyResult<Self> {
        let find = |name| Method::find(future, task, name);
        Ok(Self {
            future: future.clone().unbind(),
            task: task.clone().unbind(),
            done: find("done")?,
            cancelled: find("cancelled")?,
            exception: find("exception")?,
            result: find("result")?,
            get_loop: find("get_loop")?,
            add_done_callback: find("add_done_callback")?,
            remove_done_callback: find("remove_done_callback")?,
            set_result: Method::find(future, future, "set_result")?,
            cancelling: Method::find(task, task, "cancelling")?,
        })
    }

    /// The object, if it is of one of the two classes itself.
    #[inline]
    pub(super) fn of<'a, 'py>(
        &'static self,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<Native<'a, 'py>> {
        let class = object.get_type_ptr();
        let native = class == self.task.as_ptr().cast() || class == self.future.as_ptr().cast();
        native.then_some(Native(object, self))
    }
}

/// A future or task of asyncio's own class.
#[derive(Clone, Copy)]
pub(super) struct Native<'a, 'py>(&'a Bound<'py, PyAny>, &'static Methods);

impl<'py> Native<'_, 'py> {
    #[inline]
    pub(super) fn is_done(&self) -> PyResult<bool> {
        is_true(&self.1.done.call(self, [], None)?)
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> PyResult<bool> {
        is_true(&self.1.cancelled.call(self, [], None)?)
    }

    #[inline]
    pub(super) fn exception(&self) -> PyResult<Bound<'py, PyAny>> {
        self.1.exception.call(self, [], None)
    }

    #[inline]
    pub(super) fn result(&self) -> PyResult<Bound<'py, PyAny>> {
        self.1.result.call(self, [], None)
    }

    #[inline]
    pub(super) fn get_loop(&self) -> PyResult<Bound<'py, PyAny>> {
        self.1.get_loop.call(self, [], None)
    }

    /// Gives a future its result, unless it is done.
    #[inline]
    pub(super) fn finish(&self, result: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.is_done()? {
            return Ok(());
        }
        let (future, methods) = (self.0, self.1);
        if future.get_type_ptr() == methods.future.as_ptr().cast() {
            methods.set_result.call(self, [result], None)?;
        } else {
            future.call_method1(intern!(future.py(), "set_result"), (result,))?;
        }
        Ok(())
    }

    /// How many requests to cancel the task there are.
    pub(super) fn cancelling(&self) -> PyResult<Bound<'py, PyAny>> {
        let (task, methods) = (self.0, self.1);
        if task.get_type_ptr() == methods.task.as_ptr().cast() {
            return methods.cancelling.call(self, [], None);
        }
        task.call_method0(intern!(task.py(), "cancelling"))
    }

    /// Without a context it is called in a copy of the present one.
    #[inline]
    pub(super) fn add_done_callback(
        &self,
        callback: &Bound<'py, PyAny>,
        context: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let method = &self.1.add_done_callback;
        let done = match context {
            Some(context) => method.call(self, [callback, context], Some(&CONTEXT)),
            None => method.call(self, [callback], None),
        };
        done.map(drop)
    }

    pub(super) fn remove_done_callback(&self, callback: &Bound<'py, PyAny>) -> PyResult<()> {
        let method = &self.1.remove_done_callback;
        method.call(self, [callback], None).map(drop)
    }
}

#[inline]
fn is_true(flag: &Bound<'_, PyAny>) -> PyResult<bool> {
    match flag.cast::<PyBool>() {
        Ok(flag) => Ok(flag.is_true()),
        Err(_) => flag.is_truthy(),
    }
}

/// An attribute that objects of one class have through a function of C.
#[derive(Debug)]
pub(super) struct Attribute {
    class: Py<PyType>,
    name: &'static str,
    /// Lives as long as the class.
    set: Option<ffi::setter>,
}

impl Attribute {
    pub(super) fn find(class: &Bound<'_, PyType>, name: &'static str) -> PyResult<Self> {
        let found = class.getattr(name)?;
        // SAFETY: the static type object lives as long as the interpreter.
        let kind = &raw mut ffi::PyGetSetDescr_Type;
        let mut definition = ffi::PyGetSetDef::default();
        if found.get_type_ptr() == kind {
            let descriptor = found.as_ptr().cast::<ffi::PyGetSetDescrObject>();
            // SAFETY: its type says that this is its layout.
            let place = unsafe { (*descriptor).d_getset };
            // SAFETY: the definition lives as long as the class.
            definition = unsafe { *place };
        }
        Ok(Self {
            class: class.clone().unbind(),
            name,
            set: definition.set.filter(|_| definition.closure.is_null()),
        })
    }

    /// Sets it; an object of another class is asked as usual.
    #[inline]
    pub(super) fn set<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let set = self
            .set
            .filter(|_| object.get_type_ptr() == self.class.as_ptr().cast());
        let Some(set) = set else {
            return object.setattr(self.name, value);
        };
        // SAFETY: the function of the object's own class, which has no closure.
        if unsafe { set(object.as_ptr(), value.as_ptr(), std::ptr::null_mut()) } < 0 {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(())
    }
}
