//! Deadlines. Promise: no time-out, however large, wraps round into a short one, and a deadline
//! that has passed stays passed.

use ropewalk_facade::Deadline;
use std::time::{Duration, Instant};

#[test]
fn beyond_the_clock_is_never() {
    assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
    assert_eq!(Deadline::from(Duration::MAX), Deadline::NEVER);
    assert_eq!(Deadline::NEVER.remaining(), None);
    assert_eq!(Deadline::NEVER.instant(), None);
    assert!(!Deadline::NEVER.has_passed());
}

#[test]
fn a_very_long_time_is_not_shortened() {
    let years = Duration::from_secs(100 * 365 * 24 * 3600);
    let left = Deadline::after(years).remaining();
    // Less than a day of a hundred years has gone since the line above.
    assert!(left.is_some_and(|left| left <= years && left > years / 2));
    assert!(!Deadline::after(years).has_passed());
}

#[test]
fn what_has_passed_leaves_nothing() {
    let passed = Deadline::from(Instant::now());
    assert!(passed.has_passed());
    assert_eq!(passed.remaining(), Some(Duration::ZERO));
    assert!(Deadline::after(Duration::ZERO).has_passed());
    assert!(Deadline::now().has_passed());
}

#[test]
fn a_deadline_is_the_moment_it_was_made_from() {
    let end = Instant::now();
    assert_eq!(Deadline::from(end).instant(), Some(end));
}
