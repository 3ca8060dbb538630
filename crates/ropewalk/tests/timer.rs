//! Timers of the Rust face. Promise: each test fails by an assertion; none measures how fast
//! something is.

use ropewalk::threading::{Event, Timer, TimerHandle};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn work_begins_after_its_time_and_ends_before_join() {
    let interval = Duration::from_millis(3);
    let (say, hear) = channel();
    let started = Instant::now();
    let timer = Timer::new(interval, move || say.send(Instant::now()).unwrap());
    let timer = timer.start().unwrap();
    timer.join();
    assert!(!timer.is_alive());
    assert!(hear.recv().unwrap() >= started + interval);
    assert!(!timer.cancel());
}

#[test]
fn a_cancelled_timer_ends_at_once_and_lets_go_of_its_work() {
    let held = Arc::new(());
    let holding = Arc::clone(&held);
    let timer = Timer::new(LONG, move || drop(holding)).start().unwrap();
    assert!(timer.is_alive());
    assert!(timer.cancel());
    timer.join();
    assert!(!timer.is_alive());
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(!timer.cancel());
}

#[test]
fn slow_work_delays_no_other_timer() {
    let go_on = Arc::new(Event::new());
    let waiting = Arc::clone(&go_on);
    let slow = Timer::new(Duration::ZERO, move || waiting.wait())
        .start()
        .unwrap();
    let fast = Timer::new(Duration::from_millis(1), || ()).start().unwrap();
    fast.join();
    assert!(slow.is_alive());
    assert!(!slow.join_until(Duration::from_millis(1)));
    go_on.set();
    slow.join();
}

#[test]
fn a_panic_ends_its_timer_only() {
    let failing = Timer::new(Duration::ZERO, || panic!("on purpose"))
        .start()
        .unwrap();
    failing.join();
    let next = Timer::new(Duration::ZERO, || ()).start().unwrap();
    next.join();
    assert!(!failing.is_alive());
}

#[test]
fn a_thousand_pending_timers_end_when_cancelled() {
    let timers: Vec<_> = (0..1000)
        .map(|_| Timer::new(LONG, || ()).start().unwrap())
        .collect();
    assert!(timers.iter().all(TimerHandle::cancel));
    assert!(!timers.iter().any(TimerHandle::is_alive));
}
