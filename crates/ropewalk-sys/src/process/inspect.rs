//! Looking at this process from inside, also from a signal handler.
//! Promise: nothing here allocates, locks, or fails other than by an answer that says so.

#![expect(unsafe_code, reason = "system calls on clock and standard error")]

/// Nanoseconds on a clock that never goes back; the zero means nothing.
#[must_use]
pub fn monotonic_nanos() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is alive and writable; this clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let whole = u64::try_from(now.tv_sec).unwrap_or(0);
    let part = u64::try_from(now.tv_nsec).unwrap_or(0);
    whole.saturating_mul(1_000_000_000).saturating_add(part)
}

/// This process.
#[must_use]
pub fn process_id() -> u32 {
    std::process::id()
}

/// The kernel's number of the current thread: that of the process, in the thread it began with.
#[must_use]
pub fn native_thread_id() -> u32 {
    // SAFETY: gettid has no preconditions.
    let thread = unsafe { libc::gettid() };
    u32::try_from(thread).unwrap_or(0)
}

/// Writes all of it to standard error, as far as somebody takes it.
pub fn write_to_stderr(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: pointer and length are those of a live slice.
        let written =
            unsafe { libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            Err(_) if interrupted() => {}
            _ => return,
        }
    }
}

fn interrupted() -> bool {
    std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
}

#[cfg(test)]
mod tests {
    use super::{monotonic_nanos, native_thread_id, process_id};

    #[test]
    fn time_goes_on_and_threads_differ() {
        let before = monotonic_nanos();
        let other = std::thread::spawn(native_thread_id).join().unwrap();
        assert_ne!(other, native_thread_id());
        assert_ne!(other, process_id());
        assert!(monotonic_nanos() >= before);
    }
}
