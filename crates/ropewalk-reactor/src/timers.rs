//! What runs when a time has come.
//!
//! Promise: nothing is due early, not by a nanosecond; what is due comes in the order of the times,
//! and for equal times in the order in which it was put. A cancelled entry stays until it is found
//! at the head, is the last in the heap, or until more than half of all entries are cancelled.

use std::cmp::Ordering;

/// Fewer cancelled entries than this are not worth a sweep.
const WORTH_A_SWEEP: usize = 100;

/// One entry; the order is that of a heap with the earliest on top.
#[derive(Debug)]
struct Timer<T> {
    deadline: i64,
    sequence: u64,
    item: T,
}

impl<T> Timer<T> {
    #[inline]
    fn before(&self, other: &Self) -> bool {
        match self.deadline.cmp(&other.deadline) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.sequence < other.sequence,
        }
    }
}

/// Entries by deadline, in nanoseconds of a clock that the caller reads.
#[derive(Debug)]
pub struct Timers<T> {
    heap: Vec<Timer<T>>,
    sequence: u64,
    cancelled: usize,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            heap: Vec::new(),
            sequence: 0,
            cancelled: 0,
        }
    }
}

impl<T> Timers<T> {
    /// Puts an entry that is due at `deadline`; the number tells it from all others.
    #[inline]
    pub fn put(&mut self, deadline: i64, item: T) -> u64 {
        self.sequence += 1;
        let sequence = self.sequence;
        self.heap.push(Timer {
            deadline,
            sequence,
            item,
        });
        self.rise(self.heap.len() - 1);
        sequence
    }

    /// The number that the next entry will get.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.sequence + 1
    }

    /// The earliest deadline.
    #[inline]
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        self.heap.first().map(|timer| timer.deadline)
    }

    /// Takes the earliest entry if it is due at `now`.
    #[inline]
    pub fn take_due(&mut self, now: i64) -> Option<T> {
        if self.next()? > now {
            return None;
        }
        self.take_first()
    }

    /// Takes the earliest entry.
    pub fn take_first(&mut self) -> Option<T> {
        if self.heap.is_empty() {
            return None;
        }
        let first = self.heap.swap_remove(0);
        self.sink(0);
        Some(first.item)
    }

    /// The earliest entry.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.heap.first().map(|timer| &timer.item)
    }

    /// Notes that the entry with this number was cancelled; gives it back if that costs nothing.
    #[inline]
    pub fn cancel(&mut self, sequence: u64) -> Option<T> {
        match self.heap.last() {
            // Whoever sets a time limit that is not reached mostly cancels the newest entry, and
            // that is mostly the last in the heap: no other entry has to move.
            Some(last) if last.sequence == sequence => self.heap.pop().map(|timer| timer.item),
            _ => {
                self.cancelled += 1;
                None
            }
        }
    }

    /// How many are noted as cancelled and still here.
    #[must_use]
    pub fn cancelled(&self) -> usize {
        self.cancelled
    }

    /// Sets that number right.
    pub fn set_cancelled(&mut self, count: usize) {
        self.cancelled = count;
    }

    /// Whether so many are cancelled that a sweep pays.
    #[must_use]
    pub fn wants_sweep(&self) -> bool {
        self.cancelled > WORTH_A_SWEEP && self.cancelled > self.heap.len() / 2
    }

    /// Takes out all for which `is_cancelled` holds; the caller drops them when it holds no lock.
    #[must_use]
    pub fn sweep(&mut self, mut is_cancelled: impl FnMut(&T) -> bool) -> Vec<T> {
        let gone = self.heap.extract_if(.., |timer| is_cancelled(&timer.item));
        let gone = gone.map(|timer| timer.item).collect();
        for index in (0..self.heap.len() / 2).rev() {
            self.sink(index);
        }
        self.cancelled = 0;
        gone
    }

    /// How many there are, cancelled ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// All of them in no particular order, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.heap.iter().map(|timer| &timer.item)
    }

    /// Takes all of them; the caller drops them when it holds no lock.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<T> {
        self.cancelled = 0;
        std::mem::take(&mut self.heap)
            .into_iter()
            .map(|timer| timer.item)
            .collect()
    }

    fn rise(&mut self, mut index: usize) {
        while index > 0 {
            let parent = (index - 1) / 2;
            if !self.heap[index].before(&self.heap[parent]) {
                break;
            }
            self.heap.swap(index, parent);
            index = parent;
        }
    }

    fn sink(&mut self, mut index: usize) {
        loop {
            let left = 2 * index + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let right_is_earlier =
                right < self.heap.len() && self.heap[right].before(&self.heap[left]);
            let earlier = if right_is_earlier { right } else { left };
            if !self.heap[earlier].before(&self.heap[index]) {
                break;
            }
            self.heap.swap(index, earlier);
            index = earlier;
        }
    }
}

/// The first nanosecond at which a clock that reads nanoseconds and shows seconds shows at least
/// `seconds`. Not a number is any time: at once.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a cast saturates, which is what is wanted; the loss is made good below"
)]
pub fn nanos_from_seconds(seconds: f64) -> i64 {
    if seconds.is_nan() {
        return i64::MIN;
    }
    let mut nanos = (seconds * 1e9) as i64;
    // The cast goes down, and so may the multiplication.
    while nanos < i64::MAX && (nanos as f64) / 1e9 < seconds {
        nanos = nanos.saturating_add(1.max(nanos.unsigned_abs() >> 52).cast_signed());
    }
    nanos
}
