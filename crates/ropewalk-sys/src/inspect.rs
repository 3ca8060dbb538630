//! Looking at this process from inside, also from a signal handler.
//! Promise: nothing here allocates, locks, or fails other than by an answer that says so.

#![expect(
    unsafe_code,
    reason = "system calls on memory, clock and standard error"
)]

use std::ptr;

/// The word at `address`, or `None` when nothing readable is mapped there (any more).
///
/// The kernel does the reading, so a lock that another thread frees at this moment costs an
/// answer that means nothing, never a crash. Whoever asks decides whether it still means something.
#[must_use]
pub fn read_word(address: usize) -> Option<usize> {
    let mut word = [0; size_of::<usize>()];
    read_bytes(address, &mut word).then(|| usize::from_ne_bytes(word))
}

/// Copies what stands at `address` and behind it; false when not all of it is readable memory.
///
/// As with [`read_word`], the kernel does the reading.
#[must_use]
pub fn read_bytes(address: usize, into: &mut [u8]) -> bool {
    let to = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    let from = libc::iovec {
        iov_base: ptr::with_exposed_provenance_mut(address),
        iov_len: into.len(),
    };
    // SAFETY: getpid has no preconditions.
    let process = unsafe { libc::getpid() };
    // SAFETY: `to` describes `into`, which is alive and of that size; `from` is only looked at by
    // the kernel, which answers EFAULT where it cannot read.
    let read = unsafe { libc::process_vm_readv(process, &raw const to, 1, &raw const from, 1, 0) };
    usize::try_from(read) == Ok(into.len())
}

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
    use super::{monotonic_nanos, native_thread_id, process_id, read_bytes, read_word};

    #[test]
    fn a_word_of_ours_is_read() {
        let word = 0x1234_usize;
        assert_eq!(read_word((&raw const word).addr()), Some(0x1234));
    }

    #[test]
    fn an_address_without_memory_is_told() {
        assert_eq!(read_word(8), None);
        assert_eq!(read_word(usize::MAX - 64), None);
        assert!(!read_bytes(8, &mut [0; 3]));
    }

    #[test]
    fn time_goes_on_and_threads_differ() {
        let before = monotonic_nanos();
        let other = std::thread::spawn(native_thread_id).join().unwrap();
        assert_ne!(other, native_thread_id());
        assert_ne!(other, process_id());
        assert!(monotonic_nanos() >= before);
    }
}
