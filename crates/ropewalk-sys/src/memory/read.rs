//! Reading this process's memory where nobody knows whether there is any, also from a signal handler.
//! Promise: an answer, never a crash; nothing here allocates or locks.

#![expect(unsafe_code, reason = "the system call on memory")]

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

#[cfg(test)]
mod tests {
    use super::{read_bytes, read_word};

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
}
