//! The submodule `_ropewalk.threading`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine under `ropewalk.threading`.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod threading {
    #[pymodule_export]
    use crate::threading::barrier::BarrierEngine;
    #[pymodule_export]
    use crate::threading::condition::ConditionEngine;
    #[pymodule_export]
    use crate::threading::delay::DelayEntry;
    #[pymodule_export]
    use crate::threading::delay::DelayQueue;
    #[pymodule_export]
    use crate::threading::delay::DelayServer;
    #[pymodule_export]
    use crate::threading::event::EventEngine;
    #[pymodule_export]
    use crate::threading::lock::Lock;
    #[pymodule_export]
    use crate::threading::lock::allocate_lock;
    #[pymodule_export]
    use crate::threading::quick::quick_methods;
    #[pymodule_export]
    use crate::threading::rlock::RLock;
    #[pymodule_export]
    use crate::threading::semaphore::SemaphoreEngine;
}
