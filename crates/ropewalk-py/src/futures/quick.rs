//! The shortest ways to a future's methods. Promise: each does what the method of its name does.

use super::future::FutureEngine;
use crate::asyncio::awaitable::{direct_methods, given};
use pyo3::prelude::*;
use pyo3::types::PyBool;

direct_methods! {
    "FutureEngine.result" of FutureEngine, |future, _none| {
        FutureEngine::result(future, None).map(Bound::unbind)
    };
    "FutureEngine.done" of FutureEngine, |future, _none| {
        let done = FutureEngine::done(future)?;
        Ok(PyBool::new(future.py(), done).to_owned().into_any().unbind())
    };
    "FutureEngine.set_result" of FutureEngine, |future, result| {
        let result = given(future.py(), result)?.unbind();
        FutureEngine::set_result(future, result).map(|()| future.py().None())
    };
}
