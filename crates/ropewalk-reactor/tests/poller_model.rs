//! The poller against a plain map, and against descriptors that are closed behind its back.
#![cfg(all(target_os = "linux", not(loom)))]
#![expect(clippy::unwrap_used, reason = "a test may end here")]

use proptest::prelude::*;
use ropewalk_reactor::{Direction, Poller, Told};
use ropewalk_sys::{EventFd, Found};
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The tests open and close descriptors, and count on the numbers that they get.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ready(poller: &mut Poller<u32>) -> Vec<(RawFd, Direction, u32)> {
    let mut found = Found::with_room(64);
    poller
        .epoll()
        .wait(&mut found, Some(Duration::ZERO))
        .unwrap();
    let mut told = Vec::new();
    poller
        .settle(&found, |descriptor, direction, who| {
            if let Told::Watching(watch) = who {
                told.push((descriptor, direction, watch.watcher));
            }
        })
        .unwrap();
    told
}

fn direction(write: bool) -> Direction {
    if write {
        Direction::Write
    } else {
        Direction::Read
    }
}

proptest! {
    #[test]
    fn watchers_are_those_of_a_map(
        steps in prop::collection::vec((0..4_usize, any::<bool>(), any::<bool>()), 0..60)
    ) {
        let _alone = alone();
        let bells: Vec<_> = (0..4).map(|_| EventFd::new().unwrap()).collect();
        bells.iter().for_each(EventFd::ring);
        let mut poller = Poller::new().unwrap();
        let mut model: BTreeMap<(RawFd, bool), u32> = BTreeMap::new();
        for (number, (which, write, put)) in (0..).zip(steps) {
            let key = (bells[which].descriptor(), write);
            if put {
                let done = poller.put(key.0, direction(write), number).unwrap();
                prop_assert_eq!(done.replaced, model.insert(key, number));
                prop_assert_eq!(done.stale, None);
            } else {
                prop_assert_eq!(poller.remove(key.0, direction(write)), model.remove(&key));
            }
            // An eventfd that was rung can be both read and written.
            let mut told = ready(&mut poller);
            told.sort_by_key(|(descriptor, _, watcher)| (*descriptor, *watcher));
            let mut expected: Vec<_> = model
                .iter()
                .map(|((descriptor, write), watcher)| (*descriptor, direction(*write), *watcher))
                .collect();
            expected.sort_by_key(|(descriptor, _, watcher)| (*descriptor, *watcher));
            prop_assert_eq!(told, expected);
        }
    }
}

/// A stream that can be read, under a number that now means another file; the old one lives on.
fn reused(poller: &mut Poller<u32>, remove_late: bool) -> (UnixStream, UnixStream, OwnedFd) {
    let (left, right) = UnixStream::pair().unwrap();
    let number = left.as_raw_fd();
    let _ = poller.put(number, Direction::Read, 1).unwrap();
    let kept: OwnedFd = left.try_clone().unwrap().into();
    std::io::Write::write_all(&mut &right, b"x").unwrap();
    drop(left);
    if remove_late {
        assert_eq!(poller.remove(number, Direction::Read), Some(1));
    }
    let (again, other) = UnixStream::pair().unwrap();
    assert_eq!(again.as_raw_fd(), number, "the lowest free number is taken");
    // `other` must outlive the test: without it the stream could be read (end of file).
    std::mem::forget(right);
    (again, other, kept)
}

#[test]
fn events_of_a_closed_file_are_not_taken_for_another_ones() {
    let _alone = alone();
    for remove_late in [false, true] {
        let mut poller = Poller::new().unwrap();
        let (again, _other, _kept) = reused(&mut poller, remove_late);
        let put = poller.put(again.as_raw_fd(), Direction::Read, 2).unwrap();
        assert_eq!(put.replaced, (!remove_late).then_some(1));
        assert_eq!(ready(&mut poller), []);
        assert_eq!(poller.watched(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_named_is_got_rid_of() {
    let _alone = alone();
    let mut poller = Poller::new().unwrap();
    let (again, _other, _kept) = reused(&mut poller, true);
    drop(again);
    let before = poller.epoll();
    assert_eq!(ready(&mut poller), []);
    assert!(
        !std::sync::Arc::ptr_eq(&before, &poller.epoll()),
        "moved to a fresh set"
    );
    assert_eq!(ready(&mut poller), []);
}

#[test]
fn the_other_direction_of_a_file_that_is_gone_is_stale() {
    let _alone = alone();
    let mut poller = Poller::new().unwrap();
    let (left, _right) = UnixStream::pair().unwrap();
    let number = left.as_raw_fd();
    let _ = poller.put(number, Direction::Write, 1).unwrap();
    drop(left);
    let (again, _other) = UnixStream::pair().unwrap();
    assert_eq!(again.as_raw_fd(), number);
    let put = poller.put(number, Direction::Read, 2).unwrap();
    assert_eq!(put.stale, Some(1));
    assert!(poller.get(number, Direction::Write).is_none());
}
