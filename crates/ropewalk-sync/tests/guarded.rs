//! Locks around a value. Promise: no change is lost, a panic gives the lock back, and guards go
//! where their kind may go.

use ropewalk_sync::guarded::{Lock, LockGuard, RLock};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

const SHORT: Duration = Duration::from_millis(5);
const THREADS: usize = 4;
const TURNS: usize = 2_000;

#[test]
fn many_threads_change_one_value_and_no_change_is_lost() {
    let _watchdog = Watchdog::new();
    let (lock, relock) = (Lock::new(0), RLock::new(Cell::new(0)));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TURNS {
                    *lock.acquire() += 1;
                    let outer = relock.acquire();
                    let inner = relock.acquire();
                    inner.set(outer.get() + 1);
                }
            });
        }
    });
    assert_eq!(lock.into_inner(), THREADS * TURNS);
    assert_eq!(relock.into_inner().get(), THREADS * TURNS);
}

#[test]
fn a_panic_gives_the_lock_back_with_what_it_left() {
    let mut lock = Lock::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        *lock.acquire() = 1;
        let mut guard = lock.acquire();
        *guard = 2;
        LockGuard::unlocked(&mut guard, || panic!("without the lock"));
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_held());
    assert_eq!(*lock.get_mut(), 2);
}

#[test]
fn a_guard_may_be_given_back_by_another_thread() {
    let _watchdog = Watchdog::new();
    let lock = Lock::new(1);
    let guard = lock.acquire();
    thread::scope(|scope| {
        scope.spawn(move || drop(guard));
        assert_eq!(*lock.acquire(), 1);
    });
}

#[test]
fn while_unlocked_others_change_the_value_and_the_guard_sees_it() {
    let _watchdog = Watchdog::new();
    let lock = Lock::new(String::new());
    let mut guard = lock.acquire();
    thread::scope(|scope| {
        let (tell, changed) = channel();
        let lock = &lock;
        scope.spawn(move || {
            lock.acquire().push('x');
            tell.send(()).expect("somebody listens");
        });
        assert!(changed.try_recv().is_err(), "the lock is held");
        LockGuard::unlocked(&mut guard, || changed.recv().expect("it was changed"));
        assert_eq!(*guard, "x");
        assert!(lock.try_acquire().is_none());
    });
}

#[test]
fn an_rlock_is_one_threads_until_its_last_guard_goes() {
    let _watchdog = Watchdog::new();
    let lock = RLock::new(());
    let outer = lock.acquire();
    let inner = lock.try_acquire().expect("it is mine");
    let others =
        || thread::scope(|scope| scope.spawn(|| lock.acquire_until(SHORT).is_some()).join());
    drop(outer);
    assert!(lock.is_mine() && !others().expect("no panic"));
    drop(inner);
    assert!(!lock.is_held() && others().expect("no panic"));
}

#[test]
fn a_lock_shows_its_value_or_that_it_is_held() {
    let lock: Box<Lock<[u8]>> = Box::new(Lock::new([1, 2]));
    assert_eq!(format!("{lock:?}"), "Lock { value: [1, 2] }");
    let guard = lock.acquire();
    assert_eq!(
        format!("{lock:?} {guard:?}"),
        "Lock { value: <held> } [1, 2]"
    );
}

fn sendable<T: Send>() {}
fn shareable<T: Sync>() {}

#[test]
fn locks_are_shared_if_their_value_may_be_sent() {
    sendable::<Lock<Cell<u8>>>();
    shareable::<Lock<Cell<u8>>>();
    shareable::<RLock<Cell<u8>>>();
    sendable::<LockGuard<'_, Cell<u8>>>();
    shareable::<LockGuard<'_, u8>>();
}
