//! The submodule `_ropewalk.asyncio.waiting`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of gather, wait, time-outs and task groups.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod waiting {
    #[pymodule_export]
    use super::super::gather::gather;
    #[pymodule_export]
    use super::super::group::TaskGroup;
    #[pymodule_export]
    use super::super::registry::register_quickly;
    #[pymodule_export]
    use super::super::shield::shield;
    #[pymodule_export]
    use super::super::sleep::{quick_sleep, sleep};
    #[pymodule_export]
    use super::super::timeout::{Timeout, timeout};
    #[pymodule_export]
    use super::super::wait::wait;
    #[pymodule_export]
    use super::super::wait_for::{wait_for, wait_for_task};
}
