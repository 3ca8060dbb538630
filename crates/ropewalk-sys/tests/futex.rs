//! The sleeping word, both ways: the kernel's and the one from a mutex and a condition variable.
//! Promise: the same tests hold for both, so that code above need not know which it has.

use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::Ordering;
use ropewalk_sys::Slept;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Compiled here a second time, so that it is also tested where the kernel has a futex.
#[path = "../src/portable/futex.rs"]
#[expect(unreachable_pub, reason = "in its own crate it is public")]
mod portable;

macro_rules! tests {
    ($name:ident, $futex:ty) => {
        mod $name {
            use super::*;

            type Futex = $futex;

            #[test]
            fn a_word_that_differs_is_not_slept_on() {
                assert_eq!(Futex::new(1).sleep(0, Deadline::NEVER), Slept::Roused);
            }

            #[test]
            fn a_deadline_that_has_passed_ends_the_sleep() {
                assert_eq!(Futex::new(0).sleep(0, Deadline::now()), Slept::TimedOut);
            }

            #[test]
            fn a_sleep_does_not_time_out_before_its_deadline() {
                let end = Instant::now() + Duration::from_millis(20);
                let word = Futex::new(0);
                while word.sleep(0, end.into()) != Slept::TimedOut {}
                assert!(Instant::now() >= end);
            }

            #[test]
            fn waking_a_word_on_which_nobody_sleeps_is_harmless() {
                let word = Futex::new(0);
                word.wake_one();
                assert_eq!(word.sleep(0, Deadline::now()), Slept::TimedOut);
            }

            /// Two threads wake each other in turns; a lost wake would leave both asleep.
            fn turns(deadline: Deadline) {
                const ROUNDS: u32 = 500;
                let word = Arc::new(Futex::new(0));
                let play = move |word: &Futex, mine: u32| {
                    for round in 0..ROUNDS {
                        let turn = 2 * round + mine;
                        loop {
                            let seen = word.load(Ordering::Acquire);
                            if seen == turn {
                                break;
                            }
                            let _ = word.sleep(seen, deadline);
                        }
                        word.store(turn + 1, Ordering::Release);
                        word.wake_one();
                    }
                };
                let other = Arc::clone(&word);
                let other = thread::spawn(move || play(&other, 1));
                play(&word, 0);
                other.join().expect("no panic");
                assert_eq!(word.load(Ordering::Relaxed), 2 * ROUNDS);
            }

            #[test]
            fn two_threads_that_wake_each_other_never_oversleep() {
                turns(Deadline::NEVER);
            }

            #[test]
            fn a_sleep_of_centuries_can_be_woken() {
                turns(Deadline::after(Duration::from_secs(u64::MAX / 4)));
                turns(Deadline::after(Duration::from_secs(10_000_000_000)));
            }
        }
    };
}

tests!(with_the_kernel, ropewalk_sys::Futex);
tests!(with_a_mutex_and_a_condvar, super::portable::Futex);
