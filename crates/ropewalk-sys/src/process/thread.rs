//! Who a thread is. Promise: no two living threads of a process have the same key, and on Unix it
//! is the number that Python's `threading.get_ident()` returns.

/// The current thread's key; never zero.
#[must_use]
#[inline]
pub fn thread_key() -> usize {
    key::read()
}

#[cfg(all(unix, not(loom)))]
mod key {
    #![expect(unsafe_code, reason = "pthread_self")]

    #[inline]
    pub(super) fn read() -> usize {
        // SAFETY: pthread_self has no preconditions.
        let thread = unsafe { libc::pthread_self() };
        // An integer on Linux, a pointer on other systems: the same bits in both cases.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "as wide as a pointer, on every system"
        )]
        let key = thread as usize;
        key
    }
}

#[cfg(not(all(unix, not(loom))))]
mod key {
    ropewalk_facade::thread_local! {
        static KEY: u8 = 0;
    }

    pub(super) fn read() -> usize {
        KEY.with(|byte| std::ptr::from_ref(byte).addr())
    }
}
