//! ropewalk for Python: the extension module `ropewalk._ropewalk`.
//!
//! Promise: only translation happens here: take the arguments apart, let go of the interpreter
//! around every wait, call the engine, turn its answer into a value or an exception.

mod asyncio;
mod error;
mod finalizing;
mod futures;
mod handling;
mod names;
mod own;
mod queue;
mod raised;
mod report;
mod threading;
mod timeout;
mod wait;

use pyo3::prelude::*;

/// The engine under ropewalk's Python modules; one submodule for each of them.
#[pymodule(gil_used = true)]
mod _ropewalk {
    #[pymodule_export]
    use super::asyncio::module::asyncio;
    #[pymodule_export]
    use super::futures::module::futures;
    #[pymodule_export]
    use super::queue::module::queue;
    #[pymodule_export]
    use super::report::module::report;
    #[pymodule_export]
    use super::threading::module::threading;
    use pyo3::prelude::*;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// Makes `import ropewalk._ropewalk.queue` work although the extension is not a package.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // Up to 3.13 the interpreter ends daemon threads by unwinding them (3.14 parks them).
        // By number: trying it would end a thread, and how one ends is a minor release's matter.
        #[cfg(not(Py_3_14))]
        ropewalk_sys::park_threads_ended_by(pyo3::ffi::Py_IsInitialized as *const ());
        super::finalizing::learn(module.py())?;
        let modules = module.py().import("sys")?.getattr("modules")?;
        for name in ["asyncio", "futures", "queue", "report", "threading"] {
            modules.set_item(format!("ropewalk._ropewalk.{name}"), module.getattr(name)?)?;
        }
        super::asyncio::module::register(&modules, &module.getattr("asyncio")?)
    }
}
