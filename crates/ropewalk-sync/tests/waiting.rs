//! Threads that wait in the primitives. Promise: whoever waits is told in the order it came, and
//! what one thread cannot use goes to another.

use ropewalk_park::Waiter;
use ropewalk_sync::{
    Barrier, BarrierError, Condition, Deadline, Event, Lock, Patience, RLock, Semaphore, Sleeper,
    TooManyReleases, Uninterrupted,
};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

const SHORT: Patience = Patience::For(Duration::from_millis(5));

/// Says when it is about to sleep; the thread stands in its list by then.
struct Announcing(Sender<()>);

impl Sleeper for Announcing {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        let _ = self.0.send(());
        Uninterrupted.sleep(waiter, deadline)
    }
}

/// Each sleep is what the next of these closures does.
struct Scripted<'a>(Vec<Box<dyn FnOnce() -> Result<bool, ()> + 'a>>);

impl Sleeper for Scripted<'_> {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, _: Deadline) -> Result<bool, ()> {
        self.0.remove(0)()
    }
}

/// A thread that does `work` and is known to sleep in it.
fn asleep<P, R>(
    primitive: &Arc<P>,
    work: impl FnOnce(&P, &mut Announcing) -> R + Send + 'static,
) -> thread::JoinHandle<R>
where
    P: Send + Sync + 'static,
    R: Send + 'static,
{
    let (tell, sleeping) = channel();
    let primitive = Arc::clone(primitive);
    let thread = thread::spawn(move || work(&primitive, &mut Announcing(tell)));
    sleeping.recv().expect("the thread sleeps");
    thread
}

fn taking_a_permit(semaphore: &Arc<Semaphore>) -> thread::JoinHandle<()> {
    asleep(semaphore, |semaphore, sleeper| {
        assert_eq!(semaphore.acquire(Patience::Forever, sleeper), Ok(true));
    })
}

#[test]
fn threads_that_wait_for_a_permit_are_served_in_the_order_they_came() {
    let _watchdog = Watchdog::new();
    let semaphore = Arc::new(Semaphore::new(0));
    let takers: Vec<_> = (0..3).map(|_| taking_a_permit(&semaphore)).collect();
    for taker in takers {
        semaphore
            .release(1, Semaphore::MOST)
            .expect("there is room");
        // Joined before the next release, so that only this one can have been told.
        taker.join().expect("no panic");
    }
}

#[test]
fn a_thread_that_was_told_and_overtaken_stands_in_front_again() {
    let _watchdog = Watchdog::new();
    let semaphore = Arc::new(Semaphore::new(0));
    let later = std::cell::Cell::new(None);
    let mut overtaken = Scripted(vec![
        Box::new(|| {
            later.set(Some(taking_a_permit(&semaphore)));
            semaphore.release(1, 9).expect("there is room");
            assert!(
                semaphore.try_acquire(),
                "the permit is free for the faster one"
            );
            Ok(true)
        }),
        Box::new(|| {
            // Tells the first in the list; the other thread sleeps on.
            semaphore.release(1, 9).expect("there is room");
            Ok(true)
        }),
    ]);
    assert_eq!(
        semaphore.acquire(Patience::Forever, &mut overtaken),
        Ok(true)
    );
    semaphore.release(1, 9).expect("there is room");
    let later = later.take().expect("it was started");
    later.join().expect("no panic");
}

#[test]
fn a_thread_that_was_overtaken_is_handed_the_permit() {
    let semaphore = Semaphore::new(0);
    let overtake: Box<dyn FnOnce() -> Result<bool, ()>> = Box::new(|| {
        semaphore.release(1, 9).expect("there is room");
        assert!(semaphore.try_acquire(), "nobody was overtaken yet");
        Ok(true)
    });
    let mut overtaken = Scripted(vec![
        overtake,
        Box::new(|| {
            semaphore.release(1, 9).expect("there is room");
            assert!(!semaphore.try_acquire(), "it was set aside");
            assert_eq!(semaphore.permits(), 0);
            Ok(true)
        }),
    ]);
    let taken = semaphore.acquire(Patience::Forever, &mut overtaken);
    assert_eq!(taken, Ok(true));
    semaphore.release(1, 1).expect("it was taken");
    assert_eq!(semaphore.permits(), 1);
}

#[test]
fn a_permit_handed_over_as_time_runs_out_is_taken_and_one_to_a_thread_that_gives_up_returns() {
    for (end, left) in [(Ok(false), 0), (Err(()), 1)] {
        let semaphore = Semaphore::new(0);
        let mut sleeper = Scripted(vec![
            Box::new(|| {
                semaphore.release(1, 9).expect("there is room");
                assert!(semaphore.try_acquire(), "nobody was overtaken yet");
                Ok(true)
            }),
            Box::new(|| {
                semaphore.release(1, 9).expect("there is room");
                assert!(!semaphore.try_acquire(), "it was set aside");
                end
            }),
        ]);
        let taken = semaphore.acquire(Patience::Forever, &mut sleeper);
        assert_eq!(taken, end.map(|_| true));
        assert_eq!(semaphore.permits(), left);
    }
}

/// Each sleep is a turn of a thread that gives the lock back and takes it again at once, until it
/// cannot.
struct Overtakes<'a> {
    lock: &'a Lock,
    times: usize,
}

impl Sleeper for Overtakes<'_> {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        self.lock.release().expect("it is held");
        if self.lock.try_acquire() {
            self.times += 1;
        }
        Uninterrupted.sleep(waiter, deadline)
    }
}

#[test]
fn a_thread_is_overtaken_once_and_then_handed_the_lock() {
    let _watchdog = Watchdog::new();
    let lock = Lock::new();
    assert!(lock.try_acquire());
    let mut sleeper = Overtakes {
        lock: &lock,
        times: 0,
    };
    assert_eq!(lock.acquire(Patience::Forever, &mut sleeper), Ok(true));
    assert_eq!(sleeper.times, 1);
    assert!(lock.is_held());
    assert_eq!(lock.owner(), ropewalk_sync::thread_key());
}

#[test]
fn a_lock_that_is_always_wanted_goes_round_in_the_end_however_short_the_turns() {
    let _watchdog = Watchdog::new();
    let lock = Lock::new();
    for _ in 0..20 {
        // The interval between two hand-overs has not passed: overtaken more than once, not for
        // ever.
        assert!(lock.try_acquire());
        let mut sleeper = Overtakes {
            lock: &lock,
            times: 0,
        };
        assert_eq!(lock.acquire(Patience::Forever, &mut sleeper), Ok(true));
        lock.release().expect("it is held");
    }
}

#[test]
fn a_refused_release_hands_nothing_over() {
    let semaphore = Semaphore::new(0);
    let mut sleeper = Scripted(vec![
        Box::new(|| {
            semaphore.release(1, 9).expect("there is room");
            assert!(semaphore.try_acquire(), "nobody was overtaken yet");
            Ok(true)
        }),
        Box::new(|| {
            assert_eq!(semaphore.release(2, 1), Err(TooManyReleases));
            Err(())
        }),
    ]);
    let given_up = semaphore.acquire(Patience::Forever, &mut sleeper);
    assert_eq!(given_up, Err(()));
    assert_eq!(semaphore.permits(), 0);
}

#[test]
fn a_waiter_that_was_told_as_time_ran_out_takes_what_it_was_told_of() {
    let semaphore = Semaphore::new(0);
    let mut told_too_late = Scripted(vec![Box::new(|| {
        semaphore.release(1, 9).expect("there is room");
        Ok(false)
    })]);
    assert_eq!(semaphore.acquire(SHORT, &mut told_too_late), Ok(true));
}

#[test]
fn a_waiter_that_gives_up_although_told_passes_the_permit_on() {
    let _watchdog = Watchdog::new();
    let semaphore = Arc::new(Semaphore::new(0));
    let patient = std::cell::Cell::new(None);
    let mut fickle = Scripted(vec![Box::new(|| {
        patient.set(Some(taking_a_permit(&semaphore)));
        semaphore.release(1, 9).expect("there is room");
        Err(())
    })]);
    assert_eq!(semaphore.acquire(Patience::Forever, &mut fickle), Err(()));
    let patient = patient.take().expect("it was started");
    patient.join().expect("no panic");
}

#[test]
fn a_lock_that_stays_held_is_not_had_in_time() {
    let lock = Lock::new();
    assert!(lock.try_acquire());
    assert_eq!(lock.acquire(SHORT, &mut Uninterrupted), Ok(false));
    assert_eq!(lock.acquire(Patience::None, &mut Uninterrupted), Ok(false));
    // Nobody waits any more: giving back is the short way again, and finds the lock held.
    assert_eq!(lock.release(), Ok(()));
    assert!(lock.release().is_err());
}

#[test]
fn a_lock_may_be_given_back_by_another_thread() {
    let _watchdog = Watchdog::new();
    let lock = Arc::new(Lock::new());
    assert!(lock.try_acquire());
    let waiting = asleep(&lock, |lock, sleeper| {
        lock.acquire(Patience::Forever, sleeper) == Ok(true)
    });
    let releasing = Arc::clone(&lock);
    thread::spawn(move || releasing.release().expect("it is held"))
        .join()
        .expect("no panic");
    assert!(waiting.join().expect("no panic"));
    assert!(lock.is_held());
}

#[test]
fn an_rlock_is_free_for_others_after_the_last_release_only() {
    let _watchdog = Watchdog::new();
    let lock = Arc::new(RLock::new());
    for _ in 0..3 {
        assert_eq!(lock.acquire(Patience::None, &mut Uninterrupted), Ok(true));
    }
    let waiting = asleep(&lock, |lock, sleeper| {
        let taken = lock.acquire(Patience::Forever, sleeper);
        (taken, lock.count())
    });
    lock.release().expect("it is mine");
    lock.release().expect("it is mine");
    let hasty = Arc::clone(&lock);
    let hasty = thread::spawn(move || hasty.acquire(SHORT, &mut Uninterrupted));
    assert_eq!(hasty.join().expect("no panic"), Ok(false));
    lock.release().expect("it is mine");
    assert_eq!(waiting.join().expect("no panic"), (Ok(true), 1));
}

#[test]
fn an_event_that_is_set_and_cleared_at_once_lets_its_waiters_go() {
    let _watchdog = Watchdog::new();
    let event = Arc::new(Event::new());
    let waiting = [0; 3].map(|_| {
        asleep(&event, |event, sleeper| {
            event.wait(Patience::Forever, sleeper)
        })
    });
    event.set();
    event.clear();
    for thread in waiting {
        assert_eq!(thread.join().expect("no panic"), Ok(true));
    }
    assert_eq!(event.wait(SHORT, &mut Uninterrupted), Ok(false));
}

#[test]
fn a_release_beyond_the_bound_changes_nothing() {
    let semaphore = Semaphore::new(2);
    assert_eq!(semaphore.release(1, 2), Err(TooManyReleases));
    assert_eq!(
        semaphore.release(usize::MAX, usize::MAX),
        Err(TooManyReleases)
    );
    assert_eq!(semaphore.permits(), 2);
}

#[test]
fn notifications_go_to_those_that_waited_longest() {
    let _watchdog = Watchdog::new();
    let condition = Arc::new(Condition::new());
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            asleep(&condition, |condition, sleeper| {
                condition.take_place().sleep(Deadline::NEVER, sleeper)
            })
        })
        .collect();
    condition.notify(0);
    assert_eq!(condition.waiters(), 4);
    for (left, thread) in (0..4).rev().zip(waiting) {
        condition.notify(1);
        assert_eq!(condition.waiters(), left);
        assert_eq!(thread.join().expect("no panic"), Ok(true));
    }
}

fn meet(barrier: &Barrier, sleeper: &mut Announcing) -> Result<usize, BarrierError<Infallible>> {
    barrier.wait(Patience::Forever, sleeper, || Ok(()))
}

#[test]
fn a_round_runs_its_action_once_before_anybody_goes_on() {
    let _watchdog = Watchdog::new();
    let barrier = Arc::new(Barrier::new(3));
    let acted = Arc::new(AtomicUsize::new(0));
    let others = [0; 2].map(|_| asleep(&barrier, meet));
    assert_eq!(barrier.waiting(), 2);
    let place = barrier.wait(Patience::Forever, &mut Uninterrupted, || {
        acted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    assert_eq!(place, Ok(2));
    let mut places = others.map(|other| other.join().expect("no panic").expect("it passed"));
    places.sort_unstable();
    assert_eq!((places, acted.load(Ordering::Relaxed)), ([0, 1], 1));
    assert_eq!(barrier.waiting(), 0);
}

#[test]
fn whoever_is_out_of_time_breaks_the_barrier_for_all_until_it_is_reset() {
    let _watchdog = Watchdog::new();
    let barrier = Arc::new(Barrier::new(3));
    let patient = asleep(&barrier, meet);
    let hasty = barrier.wait(SHORT, &mut Uninterrupted, || Ok(()));
    assert_eq!(hasty, Err(BarrierError::Broken));
    assert_eq!(patient.join().expect("no panic"), Err(BarrierError::Broken));
    let late = barrier.wait(Patience::Forever, &mut Uninterrupted, || Ok(()));
    assert_eq!(late, Err(BarrierError::Broken));
    barrier.reset();
    assert!(!barrier.is_broken());
    assert_eq!(barrier.waiting(), 0);
}

#[test]
fn once_all_have_come_the_action_decides_and_not_the_time() {
    let _watchdog = Watchdog::new();
    let barrier = Barrier::new(2);
    let (tell_acting, acting) = channel();
    let (tell_late, late) = channel();
    let (tell_passed, passed) = channel();
    thread::scope(|scope| {
        let barrier = &barrier;
        scope.spawn(move || {
            while barrier.waiting() == 0 {
                thread::yield_now();
            }
            let met = barrier.wait(Patience::Forever, &mut Uninterrupted, || {
                tell_acting.send(()).expect("somebody listens");
                late.recv().expect("time runs out");
                Ok(())
            });
            tell_passed.send(met).expect("somebody listens");
        });
        let mut out_of_time = Scripted(vec![
            Box::new(|| {
                acting.recv().expect("all have come");
                Ok(false)
            }),
            Box::new(|| {
                tell_late.send(()).expect("the action waits for it");
                assert_eq!(passed.recv(), Ok(Ok(1)));
                Ok(true)
            }),
        ]);
        assert_eq!(barrier.wait(SHORT, &mut out_of_time, || Ok(())), Ok(0));
    });
}

#[test]
fn a_failing_action_and_a_panicking_one_break_the_barrier() {
    let barrier = Barrier::new(1);
    let met = barrier.wait(Patience::Forever, &mut Scripted(vec![]), || Err(()));
    assert_eq!(met, Err(BarrierError::Aborted(())));
    assert!(barrier.is_broken());
    barrier.reset();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        barrier.wait(Patience::Forever, &mut Uninterrupted, || {
            panic!("the action")
        })
    }));
    assert!(panicked.is_err());
    assert!(barrier.is_broken());
}

#[test]
fn a_thread_that_gives_up_at_a_barrier_no_longer_counts() {
    let barrier = Barrier::new(2);
    let mut fickle = Scripted(vec![Box::new(|| Err(()))]);
    let met = barrier.wait(Patience::Forever, &mut fickle, || Ok(()));
    assert_eq!(met, Err(BarrierError::Aborted(())));
    assert_eq!(barrier.waiting(), 0);
    assert!(!barrier.is_broken());
}
