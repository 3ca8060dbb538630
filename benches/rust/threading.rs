//! Lock, condition, barrier, semaphore and event against std and `parking_lot`.
//!
//! Promise: contenders run the same code through one trait per primitive; where std has none
//! (semaphore, event), what one would write with its mutex and condition variable stands in.

use criterion::Criterion;
use ropewalk::threading::{Barrier, Condition, Event, Lock, Semaphore, Thread};
use ropewalk_benches::time_threads;
use std::hint::black_box;
use std::sync::{self, Condvar, Mutex};
use std::time::Duration;

/// Turns that a thread takes at a contended lock before the time is read.
const TURNS: u64 = 2_000;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    locks::<Lock<u64>>(&mut criterion, "ropewalk Lock");
    locks::<Mutex<u64>>(&mut criterion, "std Mutex");
    locks::<parking_lot::Mutex<u64>>(&mut criterion, "parking_lot Mutex");
    ping_pong::<(Lock<bool>, Condition)>(&mut criterion, "ropewalk Lock+Condition");
    ping_pong::<(Mutex<bool>, Condvar)>(&mut criterion, "std Mutex+Condvar");
    ping_pong::<(parking_lot::Mutex<bool>, parking_lot::Condvar)>(
        &mut criterion,
        "parking_lot Mutex+Condvar",
    );
    barriers(&mut criterion);
    alone(&mut criterion);
    threads(&mut criterion);
    criterion.final_summary();
}

/// A number behind a lock.
trait Guarded: Default + Sync {
    fn add(&self);
}

impl Guarded for Lock<u64> {
    fn add(&self) {
        *self.acquire() += 1;
    }
}

impl Guarded for Mutex<u64> {
    fn add(&self) {
        *self.lock().expect("no thread panicked") += 1;
    }
}

impl Guarded for parking_lot::Mutex<u64> {
    fn add(&self) {
        *self.lock() += 1;
    }
}

fn locks<G: Guarded>(criterion: &mut Criterion, name: &str) {
    let lock = G::default();
    let mut group = criterion.benchmark_group("lock, one thread");
    group.bench_function(name, |bencher| bencher.iter(|| lock.add()));
    group.finish();
    let mut group = criterion.benchmark_group("lock, two threads, 2 x 2000 turns");
    group.bench_function(name, |bencher| {
        let contend = || (0..TURNS).for_each(|_| lock.add());
        bencher.iter_custom(|rounds| {
            let round = |_| time_threads(vec![Box::new(contend), Box::new(contend)]);
            (0..rounds).map(round).sum()
        });
    });
    group.finish();
}

/// A flag that one thread waits for and another sets, to and fro.
trait Flag: Default + Sync {
    fn give(&self);
    fn take(&self);
}

impl Flag for (Lock<bool>, Condition) {
    fn give(&self) {
        *self.0.acquire() = true;
        self.1.notify(1);
    }

    fn take(&self) {
        *self.1.wait_for(self.0.acquire(), |given| *given) = false;
    }
}

impl Flag for (Mutex<bool>, Condvar) {
    fn give(&self) {
        *self.0.lock().expect("no thread panicked") = true;
        self.1.notify_one();
    }

    fn take(&self) {
        let given = self.0.lock().expect("no thread panicked");
        let given = self.1.wait_while(given, |given| !*given);
        *given.expect("no thread panicked") = false;
    }
}

impl Flag for (parking_lot::Mutex<bool>, parking_lot::Condvar) {
    fn give(&self) {
        *self.0.lock() = true;
        self.1.notify_one();
    }

    fn take(&self) {
        let mut given = self.0.lock();
        self.1.wait_while(&mut given, |given| !*given);
        *given = false;
    }
}

fn ping_pong<F: Flag>(criterion: &mut Criterion, name: &str) {
    let (here, there) = (F::default(), F::default());
    let mut group = criterion.benchmark_group("condition, round trip");
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let there_and_back = || {
                for _ in 0..rounds {
                    there.give();
                    here.take();
                }
            };
            let back = || {
                for _ in 0..rounds {
                    there.take();
                    here.give();
                }
            };
            time_threads(vec![Box::new(there_and_back), Box::new(back)])
        });
    });
    group.finish();
}

fn barriers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("barrier, a round of two");
    let ours = Barrier::new(2);
    let wait = || _ = black_box(ours.wait());
    group.bench_function("ropewalk Barrier", |bencher| {
        bencher.iter_custom(|rounds| two_threads(rounds, wait));
    });
    let theirs = sync::Barrier::new(2);
    let wait = || _ = black_box(theirs.wait());
    group.bench_function("std Barrier", |bencher| {
        bencher.iter_custom(|rounds| two_threads(rounds, wait));
    });
    group.finish();
}

fn two_threads(rounds: u64, turn: impl Fn() + Sync) -> Duration {
    let turns = || (0..rounds).for_each(|_| turn());
    time_threads(vec![Box::new(turns), Box::new(turns)])
}

/// What a primitive costs while nobody waits.
fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one thread");
    let semaphore = Semaphore::new(1);
    group.bench_function("ropewalk Semaphore, acquire+release", |bencher| {
        bencher.iter(|| drop(semaphore.acquire()));
    });
    let permits = (Mutex::new(1_u32), Condvar::new());
    group.bench_function("std Mutex+Condvar as a semaphore", |bencher| {
        bencher.iter(|| {
            let free = permits.0.lock().expect("no thread panicked");
            let free = permits.1.wait_while(free, |free| *free == 0);
            *free.expect("no thread panicked") -= 1;
            *permits.0.lock().expect("no thread panicked") += 1;
            permits.1.notify_one();
        });
    });
    let event = Event::new();
    group.bench_function("ropewalk Event, set+wait+clear", |bencher| {
        bencher.iter(|| {
            event.set();
            event.wait();
            event.clear();
        });
    });
    let flag = <(Mutex<bool>, Condvar)>::default();
    group.bench_function("std Mutex+Condvar as an event", |bencher| {
        bencher.iter(|| {
            flag.give();
            flag.take();
        });
    });
    group.finish();
}

fn threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("thread, start+join");
    group.bench_function("ropewalk Thread", |bencher| {
        bencher.iter(|| {
            let thread = Thread::new(|| black_box(1)).start().expect("a thread");
            thread.join().expect("no panic")
        });
    });
    group.bench_function("std thread", |bencher| {
        bencher.iter(|| {
            std::thread::spawn(|| black_box(1))
                .join()
                .expect("no panic")
        });
    });
    group.finish();
}
