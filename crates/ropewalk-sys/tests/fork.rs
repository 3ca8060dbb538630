//! Forks. Promise: a child sees another count than its parent had, its parent the same as before.

#![cfg(unix)]
#![expect(unsafe_code, reason = "a test of fork forks")]

use ropewalk_sys::fork_count;

/// Forks, and returns what `in_child` said: one small number.
fn in_a_child(in_child: impl FnOnce() -> u8) -> i32 {
    // SAFETY: the child calls `in_child`, which allocates nothing and takes no lock, and `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let answer = in_child();
        // SAFETY: ends the child at once; nothing of the parent's is run or flushed.
        unsafe { libc::_exit(answer.into()) };
    }
    let mut status = 0;
    // SAFETY: `child` is our child and `status` is ours to write.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    assert!(libc::WIFEXITED(status), "the child was killed: {status}");
    libc::WEXITSTATUS(status)
}

#[test]
fn a_child_counts_one_fork_more_than_its_parent() {
    let before = fork_count();
    let counted_one = in_a_child(|| u8::from(fork_count() == before + 1));
    assert_eq!(counted_one, 1);
    assert_eq!(fork_count(), before);
}
