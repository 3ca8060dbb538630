//! The submodule `_ropewalk.report`. Promise: it lists, and turns what Python gives into what the
//! census wants.

use pyo3::prelude::*;

/// What hang reports need of the engine.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod report {
    #[pymodule_export]
    use crate::report::waiting::PyWaiting;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use ropewalk_census as census;
    use std::time::Duration;

    /// Return who waits for what, as a text, and the idents of the threads that wait.
    #[pyfunction]
    fn text() -> (String, Vec<usize>) {
        census::report_text()
    }

    /// Return whether nobody has chosen what the signal SIGQUIT does.
    #[pyfunction]
    fn quit_is_undecided() -> bool {
        census::quit_is_undecided()
    }

    /// From now on write a report when SIGQUIT comes, then do what it does now. Return whether
    /// the system agrees.
    #[pyfunction]
    fn report_on_quit() -> bool {
        census::prepare();
        census::call_on_quit(census::report_now, crate::report::signal::ask_for_stacks)
    }

    /// Start the thread that reports when the main thread waits for this many seconds.
    #[pyfunction]
    fn watch_main_thread(seconds: f64) -> PyResult<()> {
        let allowed = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        census::prepare();
        Ok(census::watch_main_thread(allowed)?)
    }

    /// Show the current thread under this name in reports.
    #[pyfunction]
    fn name_thread(name: &str) {
        census::name_thread(name);
    }
}
