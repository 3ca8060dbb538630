//! Forks. Promise: in a child the list of waiters is empty, for its threads are the parent's, and
//! the child's own threads can wait in it; the parent's list is as it was.

#![cfg(unix)]
#![expect(unsafe_code, reason = "a test of fork forks")]

use ropewalk_park::{Deadline, Left, Outcome, WaitList, Waiter, WaiterHandle};

fn enlist(list: &mut WaitList, waiter: &WaiterHandle) {
    list.enlist(waiter);
}

/// Forks, and says whether `in_child` was true there. The child ends without cleaning up.
fn in_a_child(in_child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the C library makes its allocator usable in the child, and `in_child` takes no
    // lock that another thread of the parent could hold; then the child calls `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let status = i32::from(!in_child());
        // SAFETY: ends the child at once; nothing of the parent's is run or flushed.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: `child` is our child and `status` is ours to write.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

#[test]
fn a_child_forgets_the_waiters_of_its_parent() {
    let mut list = WaitList::new();
    let waiter = Waiter::current();
    enlist(&mut list, &waiter);
    assert!(in_a_child(|| {
        let count = list.len();
        list.is_empty() && count == 0 && list.tell_first().is_empty()
    }));
    assert_eq!(list.len(), 1);
    assert_eq!(list.leave(&waiter), Left::Waiting);
}

#[test]
fn a_child_can_wait_in_a_list_that_its_parent_used() {
    let mut list = WaitList::new();
    let parents = Waiter::current();
    enlist(&mut list, &parents);
    assert!(in_a_child(|| {
        let waiter = Waiter::current();
        enlist(&mut list, &waiter);
        let only_one = list.len() == 1;
        list.tell_first().now();
        only_one && waiter.sleep(Deadline::now()) == Outcome::Told
    }));
    assert_eq!(list.len(), 1);
}
