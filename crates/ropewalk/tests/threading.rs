//! `ropewalk::threading` as a program uses it. Promise: threads are listed while they live, their
//! results and panics arrive, and whoever waits is let go for the right reason.

use ropewalk::threading::{
    Barrier, BoundedSemaphore, BrokenBarrier, Condition, Event, Local, Lock, Semaphore, Thread,
    ThreadHandle, active_count, current_thread, enumerate,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

const SHORT: Duration = Duration::from_millis(5);

fn is_listed(thread: &ThreadHandle) -> bool {
    enumerate()
        .iter()
        .any(|other| other.ident() == thread.ident() && other.name() == thread.name())
}

#[test]
fn a_thread_is_listed_from_start_until_its_work_is_done() {
    let _watchdog = Watchdog::new();
    let go = Arc::new(Event::new());
    let going = Arc::clone(&go);
    let thread = Thread::new(move || going.wait())
        .name("listed")
        .start()
        .expect("a thread");
    assert!(thread.is_alive() && is_listed(&thread));
    assert!(!thread.wait_until(SHORT));
    let before = active_count();
    go.set();
    thread.wait();
    assert!(!thread.is_alive() && !is_listed(&thread));
    assert!(before >= 2 && active_count() >= 1);
    thread.join().expect("no panic");
}

#[test]
fn a_thread_sees_itself_as_others_see_it() {
    let _watchdog = Watchdog::new();
    let thread = Thread::new(|| {
        (
            current_thread(),
            thread::current().name().map(str::to_owned),
        )
    })
    .name("mirror")
    .stack_size(256 * 1024)
    .start()
    .expect("a thread");
    let (ident, name) = (thread.ident(), thread.name().to_owned());
    let (seen, os_name) = thread.join().expect("no panic");
    assert_eq!((seen.ident(), seen.name()), (ident, "mirror"));
    assert_eq!(
        (os_name.as_deref(), name.as_str()),
        (Some("mirror"), "mirror")
    );
}

#[test]
fn threads_without_a_name_are_numbered() {
    let _watchdog = Watchdog::new();
    let names = [0; 2].map(|_| {
        let thread = Thread::new(|| ()).start().expect("a thread");
        let name = thread.name().to_owned();
        thread.join().expect("no panic");
        name
    });
    assert!(names.iter().all(|name| name.starts_with("Thread-")));
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_panic_arrives_at_join_and_the_thread_is_not_listed() {
    let _watchdog = Watchdog::new();
    let thread = Thread::new(|| -> () { panic!("number {}", 7) })
        .start()
        .expect("a thread");
    thread.wait();
    assert!(!is_listed(&thread));
    let panic = thread.join().expect_err("it panicked");
    assert_eq!(panic.message(), Some("number 7"));
    assert_eq!(panic.to_string(), "a thread panicked: number 7");
    let odd = Thread::new(|| -> () { std::panic::panic_any(7_u8) })
        .start()
        .expect("a thread");
    let odd = odd.join().expect_err("it panicked");
    assert_eq!(odd.message(), None);
    assert_eq!(odd.into_inner().downcast_ref(), Some(&7_u8));
}

#[test]
fn a_thread_that_waits_for_itself_panics_and_does_not_hang() {
    let _watchdog = Watchdog::new();
    let thread = Thread::new(|| current_thread().wait())
        .start()
        .expect("a thread");
    let panic = thread.join().expect_err("it panicked");
    assert_eq!(panic.message(), Some("a thread waits for its own end"));
}

#[test]
fn a_name_that_the_system_refuses_leaves_nothing_behind() {
    let refused = std::panic::catch_unwind(|| Thread::new(|| ()).name("zero \0 byte").start());
    assert!(refused.is_err());
    assert!(
        enumerate()
            .iter()
            .all(|thread| !thread.name().contains('\0'))
    );
}

#[test]
fn a_thread_of_std_has_a_handle_that_ends_with_it() {
    let _watchdog = Watchdog::new();
    let builder = thread::Builder::new().name("foreign".to_owned());
    let foreign = builder.spawn(|| {
        let handle = current_thread();
        assert_eq!(handle.ident(), current_thread().ident());
        assert!(is_listed(&handle) && handle.is_alive());
        handle
    });
    let handle = foreign.expect("a thread").join().expect("no panic");
    assert_eq!(handle.name(), "foreign");
    handle.wait();
    assert!(!enumerate().iter().any(|other| other.name() == "foreign"));
}

#[test]
fn a_bounded_buffer_of_lock_and_conditions_loses_nothing() {
    const ITEMS: usize = 2_000;
    let _watchdog = Watchdog::new();
    let items = Lock::new(VecDeque::new());
    let (room, filled) = (Condition::new(), Condition::new());
    let got = Lock::new(Vec::new());
    thread::scope(|scope| {
        for producer in 0..2 {
            let (items, room, filled) = (&items, &room, &filled);
            scope.spawn(move || {
                for number in 0..ITEMS {
                    let mut items = room.wait_for(items.acquire(), |items| items.len() < 3);
                    items.push_back(2 * number + producer);
                    filled.notify(1);
                }
            });
            scope.spawn(|| {
                for _ in 0..ITEMS {
                    let mut full = filled.wait_for(items.acquire(), |items| !items.is_empty());
                    let item = full.pop_front().expect("there is one");
                    drop(full);
                    room.notify(1);
                    got.acquire().push(item);
                }
            });
        }
    });
    let mut got = got.into_inner();
    got.sort_unstable();
    assert!(got.into_iter().eq(0..2 * ITEMS));
}

#[test]
fn a_wait_ends_by_its_time_with_the_lock_held_again() {
    let (lock, condition) = (Lock::new(0), Condition::new());
    let (guard, notified) = condition.wait_until(lock.acquire(), SHORT);
    assert!(!notified && lock.try_acquire().is_none());
    let (mut guard, holds) = condition.wait_for_until(guard, SHORT, |count| {
        *count += 1;
        *count == 2
    });
    assert!(holds, "the predicate is asked once more when time is over");
    *guard += 1;
    drop(guard);
    assert_eq!(lock.into_inner(), 3);
}

#[test]
fn notify_all_lets_everybody_go() {
    let _watchdog = Watchdog::new();
    let (open, opened) = (Lock::new(false), Condition::new());
    let waiting = Semaphore::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut open = open.acquire();
                waiting.release(1).expect("there is room");
                while !*open {
                    open = opened.wait(open);
                }
            });
        }
        for _ in 0..3 {
            waiting.acquire().forget();
        }
        *open.acquire() = true;
        opened.notify_all();
    });
}

#[test]
fn permits_come_back_with_their_guards_also_by_a_panic() {
    let _watchdog = Watchdog::new();
    let semaphore = Arc::new(Semaphore::new(1));
    let panicking = Arc::clone(&semaphore);
    let thread = Thread::new(move || {
        let _permit = panicking.acquire();
        panic!("with a permit");
    });
    assert!(thread.start().expect("a thread").join().is_err());
    let permit = semaphore.acquire_until(SHORT).expect("it came back");
    assert!(semaphore.acquire_until(SHORT).is_none());
    drop(permit);
    assert_eq!(semaphore.permits(), 1);
}

#[test]
fn a_bounded_semaphore_refuses_more_than_it_began_with() {
    let seats = BoundedSemaphore::new(2);
    let seat = seats.acquire();
    seats.release(1).expect("one is taken");
    drop(seat); // given back already: the bound holds
    assert_eq!(seats.permits(), 2);
    assert!(seats.release(1).is_err());
}

#[test]
fn at_most_so_many_threads_are_inside() {
    let _watchdog = Watchdog::new();
    let (semaphore, inside) = (Semaphore::new(2), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let _permit = semaphore.acquire();
                    assert!(inside.fetch_add(1, Ordering::Relaxed) < 2);
                    inside.fetch_sub(1, Ordering::Relaxed);
                }
            });
        }
    });
}

#[test]
fn a_barrier_keeps_its_threads_in_step() {
    const ROUNDS: usize = 200;
    let _watchdog = Watchdog::new();
    let rounds = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&rounds);
    let barrier = Barrier::with_action(3, move || {
        counting.fetch_add(1, Ordering::Relaxed);
    });
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    barrier.wait().expect("nobody breaks it");
                    assert!(rounds.load(Ordering::Relaxed) >= round);
                }
            });
        }
    });
    assert_eq!(rounds.load(Ordering::Relaxed), ROUNDS);
}

#[test]
fn a_barrier_breaks_for_all_and_is_whole_after_a_reset() {
    let _watchdog = Watchdog::new();
    let barrier = Barrier::new(2);
    assert_eq!(barrier.wait_until(SHORT), Err(BrokenBarrier));
    assert_eq!(barrier.wait(), Err(BrokenBarrier));
    barrier.reset();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| barrier.wait());
        while barrier.waiting() == 0 {
            thread::yield_now();
        }
        barrier.abort();
        assert_eq!(waiting.join().expect("no panic"), Err(BrokenBarrier));
    });
    assert_eq!(
        format!("{barrier:?}"),
        "Barrier { parties: 2, waiting: 0, broken: true, .. }"
    );
}

#[test]
fn each_thread_has_its_own_value_made_when_it_first_asks() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static OWN: Local<RefCell<Vec<u8>>> = Local::new(|| {
        MADE.fetch_add(1, Ordering::Relaxed);
        RefCell::new(Vec::new())
    });
    let _watchdog = Watchdog::new();
    for number in 0..3_u8 {
        let seen = thread::spawn(move || {
            OWN.with(|own| own.borrow_mut().push(number));
            OWN.with(|own| own.borrow().clone())
        });
        assert_eq!(seen.join().expect("no panic"), [number]);
    }
    assert_eq!(MADE.load(Ordering::Relaxed), 3);
}

#[test]
fn a_local_may_be_a_field_and_use_what_is_around_it() {
    let start = 40;
    let (first, second) = (Local::new(move || start), Local::new(move || start + 1));
    first.set(first.get() + 2);
    assert_eq!((first.get(), second.get()), (42, 41));
}

#[test]
fn a_value_may_use_its_local_while_it_is_made_used_and_dropped() {
    thread_local! {
        static OUTER: Rc<Local<Option<Nested>>> = Rc::new(Local::new(|| None));
    }
    struct Nested(Rc<Cell<u32>>);
    impl Drop for Nested {
        fn drop(&mut self) {
            OUTER.with(|outer| outer.with(|value| assert!(value.is_none())));
            self.0.set(self.0.get() + 1);
        }
    }
    let drops = Rc::new(Cell::new(0));
    OUTER.with(|outer| {
        outer.set(Some(Nested(Rc::clone(&drops))));
        outer.with(|value| {
            assert!(value.is_some());
            outer.set(None); // what is in use lives on
            assert_eq!(drops.get(), 0);
        });
    });
    assert_eq!(drops.get(), 1);
}

#[test]
fn values_go_with_their_local_at_once_or_a_little_later() {
    let _watchdog = Watchdog::new();
    let kept: Arc<Lock<Vec<Weak<()>>>> = Arc::default();
    let noting = Arc::clone(&kept);
    let make = move || {
        let value = Arc::new(());
        noting.acquire().push(Arc::downgrade(&value));
        value
    };
    let alive = || {
        kept.acquire()
            .iter()
            .filter(|value| value.strong_count() > 0)
            .count()
    };
    let local = Arc::new(Local::new(make.clone()));
    let (tell, told) = channel::<()>();
    let (said, heard) = channel();
    let other = thread::spawn({
        let local = Arc::clone(&local);
        move || {
            local.with(|_| ());
            drop(local);
            said.send(()).expect("somebody listens");
            told.recv().expect("the local is gone");
            // Several, because a thread looks for such values now and then only.
            let more = [0; 3].map(|_| Local::new(make.clone()));
            for local in &more {
                local.with(|_| ());
            }
            drop(more);
            said.send(()).expect("somebody listens");
            told.recv().expect("the value was looked for");
        }
    });
    local.with(|_| ());
    heard.recv().expect("the other thread has its value");
    assert_eq!(alive(), 2);
    drop(local);
    assert_eq!(
        alive(),
        1,
        "the value of the thread that dropped the local is gone"
    );
    tell.send(()).expect("somebody listens");
    heard.recv().expect("the other thread made another value");
    assert_eq!(alive(), 0, "and so is the other's, now that it made values");
    tell.send(()).expect("somebody listens");
    other.join().expect("no panic");
}
