//! The poller as a loop uses it: watchers that stay, and watchers for one event.

#![cfg(target_os = "linux")]

use ropewalk_reactor::{Direction, Poller, Told};
use ropewalk_sys::Found;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One test at a time, so that a closed number is the next one given out.
static ALONE: Mutex<()> = Mutex::new(());

struct Bench {
    _alone: MutexGuard<'static, ()>,
    poller: Poller<&'static str>,
    found: Found,
}

impl Bench {
    fn new() -> Self {
        Self {
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            poller: Poller::new().expect("a set"),
            found: Found::with_room(8),
        }
    }

    /// Who is told by one look.
    fn look(&mut self) -> Vec<&'static str> {
        let epoll = self.poller.epoll();
        let looked = epoll.wait(&mut self.found, Some(Duration::ZERO));
        looked.expect("a look");
        let mut told = Vec::new();
        let settled = self.poller.settle(&self.found, |_, _, who| match who {
            Told::Watching(registration) => told.push(registration.watcher),
            Told::Done(registration) => told.push(registration.watcher),
        });
        settled.expect("settled");
        told
    }

    fn once(&mut self, file: &impl AsRawFd, direction: Direction, who: &'static str) -> u64 {
        let put = self.poller.put_once(file.as_raw_fd(), direction, who);
        put.expect("watched").1
    }
}

fn readable() -> (UnixStream, UnixStream) {
    let (one, mut other) = UnixStream::pair().expect("a pair");
    other.write_all(b"x").expect("written");
    (one, other)
}

#[test]
fn who_waits_once_is_told_once_and_may_wait_again() {
    let mut bench = Bench::new();
    let (one, _other) = readable();
    bench.once(&one, Direction::Read, "first");
    assert_eq!(bench.look(), ["first"]);
    assert_eq!(bench.poller.watched(), 0);
    assert!(bench.look().is_empty());
    bench.once(&one, Direction::Read, "second");
    assert_eq!(bench.look(), ["second"]);
    let put = bench.poller.put(one.as_raw_fd(), Direction::Read, "third");
    assert!(put.expect("watched").replaced.is_none());
    assert_eq!(bench.look(), ["third"]);
    assert_eq!(bench.look(), ["third"]);
}

#[test]
fn a_new_file_with_the_number_of_a_sleeping_one_is_watched() {
    let mut bench = Bench::new();
    let (one, other) = readable();
    bench.once(&one, Direction::Read, "old");
    assert_eq!(bench.look(), ["old"]);
    let number = one.as_raw_fd();
    drop((one, other));
    let (two, _three) = readable();
    assert_eq!(two.as_raw_fd(), number, "the lowest free number");
    bench.once(&two, Direction::Read, "new");
    assert_eq!(bench.look(), ["new"]);
}

#[test]
fn a_sleeping_file_that_lives_on_elsewhere_is_silent() {
    let mut bench = Bench::new();
    let (one, mut other) = readable();
    bench.once(&one, Direction::Read, "old");
    assert_eq!(bench.look(), ["old"]);
    let number = one.as_raw_fd();
    let _elsewhere = one.try_clone().expect("a duplicate");
    drop(one);
    let (two, _three) = UnixStream::pair().expect("a pair");
    assert_eq!(two.as_raw_fd(), number, "the lowest free number");
    bench.once(&two, Direction::Read, "new");
    other.write_all(b"x").expect("written");
    assert!(bench.look().is_empty());
}

#[test]
fn one_direction_done_leaves_the_other_waiting() {
    let mut bench = Bench::new();
    let (mut one, mut other) = UnixStream::pair().expect("a pair");
    bench.once(&one, Direction::Read, "reader");
    bench.once(&one, Direction::Write, "writer");
    assert_eq!(bench.look(), ["writer"]);
    assert!(bench.look().is_empty());
    other.write_all(b"x").expect("written");
    assert_eq!(bench.look(), ["reader"]);
    let put = bench
        .poller
        .put(one.as_raw_fd(), Direction::Write, "lasting");
    assert!(put.expect("watched").replaced.is_none());
    bench.once(&one, Direction::Read, "reader");
    assert_eq!(bench.look(), ["reader", "lasting"]);
    one.read_exact(&mut [0]).expect("read");
    assert_eq!(bench.look(), ["lasting"]);
}

#[test]
fn only_the_one_who_was_put_is_removed() {
    let mut bench = Bench::new();
    let (one, _other) = readable();
    let first = bench.once(&one, Direction::Read, "first");
    bench.once(&one, Direction::Read, "second");
    let number = one.as_raw_fd();
    assert!(
        bench
            .poller
            .remove_if(number, Direction::Read, first)
            .is_none()
    );
    assert_eq!(bench.look(), ["second"]);
    let third = bench.once(&one, Direction::Read, "third");
    assert_eq!(
        bench.poller.remove_if(number, Direction::Read, third),
        Some("third")
    );
    assert!(bench.look().is_empty());
    assert_eq!(bench.poller.watched(), 0);
}

#[test]
fn a_closed_file_is_refused_and_changes_nothing() {
    let mut bench = Bench::new();
    let (one, other) = readable();
    let number = one.as_raw_fd();
    bench.once(&one, Direction::Read, "first");
    assert_eq!(bench.look(), ["first"]);
    drop((one, other));
    let put = bench.poller.put_once(number, Direction::Read, "second");
    assert!(put.is_err());
    assert_eq!(bench.poller.watched(), 0);
}
