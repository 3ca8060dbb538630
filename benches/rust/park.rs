//! Putting a thread to sleep and waking it: ropewalk-park against std.
//!
//! Promise: each contender is a seat that one thread waits at and another gives away; the round
//! trip passes two seats, so that both threads sleep once per turn.

use criterion::Criterion;
use ropewalk_benches::time_threads;
use ropewalk_park::{Deadline, ShortLock, Sleeper, Uninterrupted, WaitList, Waiter};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    round_trip::<ListSeat>(&mut criterion, "ropewalk WaitList");
    round_trip::<ParkSeat>(&mut criterion, "std park/unpark");
    round_trip::<CondvarSeat>(&mut criterion, "std Mutex+Condvar");
    criterion.final_summary();
}

/// A place for one waiting thread.
trait Seat: Default + Sync {
    /// Called once by the thread that will wait here, before anyone gives.
    fn sit_down(&self) {}
    /// Lets the waiting thread go, now or when it comes to wait.
    fn give(&self);
    /// Waits until given.
    fn wait(&self);
}

fn round_trip<S: Seat>(criterion: &mut Criterion, name: &str) {
    let mut group = criterion.benchmark_group("park and wake, round trip");
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|turns| {
            let (here, there) = (S::default(), S::default());
            time_threads(vec![
                Box::new(|| {
                    here.sit_down();
                    for _ in 0..turns {
                        there.give();
                        here.wait();
                    }
                }),
                Box::new(|| {
                    there.sit_down();
                    for _ in 0..turns {
                        there.wait();
                        here.give();
                    }
                }),
            ])
        });
    });
    group.finish();
}

#[derive(Default)]
struct ListSeat(ShortLock<Place>);

#[derive(Default)]
struct Place {
    given: bool,
    waiting: WaitList,
}

impl Seat for ListSeat {
    fn give(&self) {
        let mut place = self.0.lock();
        place.given = true;
        let wakes = place.waiting.tell_first();
        drop(place);
        wakes.now();
    }

    fn wait(&self) {
        let waiter = Waiter::current();
        loop {
            let mut place = self.0.lock();
            if std::mem::take(&mut place.given) {
                return;
            }
            place.waiting.enlist(&waiter);
            drop(place);
            let Ok(told) = Uninterrupted.sleep(&waiter, Deadline::NEVER);
            assert!(told, "a wait without an end ended by itself");
        }
    }
}

#[derive(Default)]
struct ParkSeat {
    given: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Seat for ParkSeat {
    fn sit_down(&self) {
        self.thread.get_or_init(thread::current);
    }

    fn give(&self) {
        // sync: given, Release pairs with the Acquire in `wait`.
        self.given.store(true, Ordering::Release);
        self.thread.wait().unpark();
    }

    fn wait(&self) {
        // sync: given, Acquire pairs with the Release in `give`.
        while !self.given.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

#[derive(Default)]
struct CondvarSeat {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Seat for CondvarSeat {
    fn give(&self) {
        *self.given.lock().expect("no thread panicked") = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let given = self.given.lock().expect("no thread panicked");
        let mut given = self
            .changed
            .wait_while(given, |given| !*given)
            .expect("no thread panicked");
        *given = false;
    }
}
