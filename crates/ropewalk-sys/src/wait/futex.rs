//! A 32-bit word on which threads of one process can sleep: Linux's futex.
//! Promise: a wake that follows a change of the word is seen by every thread that slept on the old value.

#![expect(unsafe_code, reason = "the futex system call")]

use crate::Slept;
use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::AtomicU32;
use std::ops::Deref;
use std::ptr;

/// An atomic word with a place to sleep.
#[derive(Debug)]
pub struct Futex(AtomicU32);

impl Futex {
    /// A word with this value and nobody asleep.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    /// Sleeps while the word is `expected`, until woken, interrupted or `deadline`.
    ///
    /// Blocking: yes. Returns at once when the word differs.
    pub fn sleep(&self, expected: u32, deadline: Deadline) -> Slept {
        // FUTEX_WAIT takes a relative time on the monotonic clock, as std's Instant is.
        let timeout = match deadline.remaining() {
            None => None,
            Some(left) if left.is_zero() => return Slept::TimedOut,
            Some(left) => Some(libc::timespec {
                tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
                // As wide as the target's `long`, which is 32 bits on some.
                tv_nsec: left.subsec_nanos().cast_signed().into(),
            }),
        };
        // SAFETY: the word outlives the call because `self` does; `timeout`, when given, lives in
        // this frame. The kernel only reads both.
        let result = unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                expected,
                timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            )
        };
        if result == 0 {
            return Slept::Roused;
        }
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::ETIMEDOUT) => Slept::TimedOut,
            Some(libc::EINTR) => Slept::Interrupted,
            // EAGAIN: the word had changed. Nothing else is possible for a valid private word;
            // the caller looks at the word again in any case.
            _ => Slept::Roused,
        }
    }

    /// Wakes at most one thread that sleeps on this word.
    pub fn wake_one(&self) {
        // SAFETY: FUTEX_WAKE does not access the word, it only uses its address as a key.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.as_ptr(),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1,
            )
        };
    }
}

impl Deref for Futex {
    type Target = AtomicU32;

    fn deref(&self) -> &AtomicU32 {
        &self.0
    }
}
