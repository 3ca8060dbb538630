//! How often this process has been copied. Promise: after `fork()` the child sees another count
//! than its parent had, before any code of the child runs.

/// The number of forks between the start of the first process of this family and this one.
///
/// Whoever keeps a list of *threads* keeps the count with it: when the count has moved on, those
/// threads do not exist in this process and the list is to be forgotten. Counting starts with the
/// first call.
#[must_use]
pub fn fork_count() -> u32 {
    counter::read()
}

#[cfg(all(unix, not(loom)))]
mod counter {
    #![expect(unsafe_code, reason = "pthread_atfork")]

    use ropewalk_facade::atomic::{AtomicU32, Ordering};
    use std::sync::Once;

    static FORKS: AtomicU32 = AtomicU32::new(0);
    static REGISTERED: Once = Once::new();

    extern "C" fn in_child() {
        // Relaxed: the child has one thread, and the thread that forked is it.
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read() -> u32 {
        REGISTERED.call_once(|| {
            // SAFETY: `in_child` is a plain function that lives as long as the program (the
            // extension module is never unloaded) and does nothing but an atomic addition, which
            // is allowed in a child of a process with many threads.
            let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            assert_eq!(failed, 0, "pthread_atfork: out of memory");
        });
        FORKS.load(Ordering::Relaxed)
    }
}

#[cfg(not(all(unix, not(loom))))]
mod counter {
    pub(super) fn read() -> u32 {
        0
    }
}
