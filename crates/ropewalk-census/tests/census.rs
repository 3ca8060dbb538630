//! The register as a program uses it: threads wait, end, hold what others want.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test may end here")]

use ropewalk_census::{self as census, Holder, Noted, Waiting};
use ropewalk_park::thread_key;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{JoinHandle, spawn};

/// A lock as the register sees it: somebody owns it.
#[derive(Default)]
struct Owned(AtomicUsize);

fn wait_for(owned: &Owned, what: &str, place: &str) -> Noted {
    census::note(&Waiting {
        kind: "Lock",
        object: (&raw const *owned).addr(),
        what,
        place,
        holder: Holder::Cell((&raw const owned.0).addr()),
        timed: false,
    })
}

/// Threads in a ring: each owns its own lock and waits for the next one's.
struct Ring {
    threads: Vec<(Sender<()>, JoinHandle<()>)>,
}

fn ring(name: &'static str, count: usize) -> Ring {
    let locks: &'static [Owned] = Box::leak((0..count).map(|_| Owned::default()).collect());
    let (ready, all_ready) = channel();
    let start = |index: usize| {
        let (stop, stopped) = channel();
        let ready = ready.clone();
        let thread = spawn(move || {
            census::name_thread(&format!("{name}-{index}"));
            locks[index].0.store(thread_key(), Ordering::SeqCst);
            let next = (index + 1) % locks.len();
            let (what, place) = (
                format!("Lock {name}:{next}"),
                format!("{name}.py:{index} in f"),
            );
            let noted = wait_for(&locks[next], &what, &place);
            ready.send(()).unwrap();
            stopped.recv().unwrap();
            drop(noted);
        });
        (stop, thread)
    };
    let threads = (0..count).map(start).collect();
    (0..count).for_each(|_| all_ready.recv().unwrap());
    Ring { threads }
}

impl Ring {
    fn end(self) {
        for (stop, thread) in self.threads {
            stop.send(()).unwrap();
            thread.join().unwrap();
        }
    }
}

/// The part of a report that tells of circles with this word in it.
fn cycles_with(word: &str) -> Vec<String> {
    let (text, _) = census::report_text();
    let parts = text.split("CYCLE: ").skip(1);
    parts
        .filter(|part| part.contains(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn two_crossed_locks_are_told_as_a_cycle() {
    let ring = ring("pair", 2);
    let cycles = cycles_with("pair");
    assert_eq!(cycles.len(), 1);
    for part in [
        "these threads wait for each other, so none of them can ever go on",
        "thread pair-0 ",
        "thread pair-1 ",
        "at pair.py:0 in f",
        "at pair.py:1 in f",
        "waits for Lock pair:1",
        "held by thread pair-1",
    ] {
        assert!(cycles[0].contains(part), "{part}: {}", cycles[0]);
    }
    ring.end();
    assert!(cycles_with("pair").is_empty());
}

#[test]
fn three_in_a_ring_are_one_cycle() {
    let ring = ring("trio", 3);
    let cycles = cycles_with("trio");
    assert_eq!(cycles.len(), 1);
    assert_eq!(cycles[0].matches(" at trio.py:").count(), 3);
    ring.end();
}

#[test]
fn a_lock_taken_twice_is_a_cycle_of_one() {
    let lock = Owned(AtomicUsize::new(thread_key()));
    let noted = wait_for(&lock, "Lock twice", "twice.py:1 in f");
    let cycles = cycles_with("twice");
    assert_eq!(cycles.len(), 1);
    assert!(cycles[0].contains("waits for what it holds itself"));
    drop(noted);
}

#[test]
fn a_holder_that_runs_is_named_and_there_is_no_cycle() {
    let lock = Owned(AtomicUsize::new(thread_key()));
    census::name_thread("the holder");
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let noted = wait_for(&lock, "Lock held by a runner", "held.py:1 in f");
            let (text, waiting) = census::report_text();
            drop(noted);
            (text, waiting.contains(&thread_key()))
        });
        let (text, listed) = waiter.join().unwrap();
        assert!(listed);
        let told = text.split("Lock held by a runner").nth(1).unwrap();
        assert!(
            told.contains("held by thread the holder"),
            "{told}\nof {text}"
        );
        assert!(cycles_with("held.py").is_empty());
    });
}

#[test]
fn a_lock_that_is_gone_has_no_holder() {
    let noted = census::note(&Waiting {
        kind: "Lock",
        object: 16,
        what: "Lock without memory",
        place: "gone.py:1 in f",
        holder: Holder::Cell(16),
        timed: true,
    });
    let (text, _) = census::report_text();
    drop(noted);
    let told = text.split("Lock without memory").nth(1).unwrap();
    let below = told.lines().skip(1);
    let about_it: Vec<_> = below
        .take_while(|line| line.starts_with("      "))
        .collect();
    assert_eq!(about_it, ["      at gone.py:1 in f (with a time-out)"]);
}

#[test]
fn a_thread_that_ended_is_not_told_and_its_record_serves_again() {
    // More threads than a report shows, one after the other: each finds the last one's record.
    for number in 0..600 {
        let seen = spawn(move || {
            let name = format!("serial-{number}");
            census::name_thread(&name);
            census::report_text().0.contains(&format!("{name} "))
        });
        assert!(seen.join().unwrap(), "thread {number} was not shown");
    }
    assert!(!census::report_text().0.contains("serial-"));
}

#[test]
fn who_waits_for_the_same_is_told() {
    let lock = Owned::default();
    let noted = wait_for(&lock, "Lock in common", "common.py:1 in f");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            census::name_thread("companion");
            let noted = wait_for(&lock, "Lock in common", "common.py:2 in g");
            let (text, _) = census::report_text();
            drop(noted);
            text
        });
        let text = other.join().unwrap();
        assert!(text.contains("also waiting: thread companion ["), "{text}");
    });
    drop(noted);
}
