//! One thread's line in the register.
//!
//! Promise: one thread writes, any thread (or a signal handler in the middle of the writing) may
//! read, and a reader gets what was written at one moment or nothing, never a mixture.

use crate::note::{NOTE_WORDS, Note, PERSON_WORDS, Person};
use ropewalk_facade::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::ptr;

/// Looks before a reader gives up. A writer is in the middle for some 30 ns; a reader that finds
/// it there this often is a signal handler that interrupted it, or the writer was preempted.
const LOOKS: usize = 1000;

/// A thread and what it waits for. Lives for ever; another thread takes it over after its owner.
#[derive(Debug)]
pub(crate) struct Record {
    /// The record that was added before this one. Written once, before the record is shared.
    pub(crate) next: AtomicPtr<Record>,
    /// Whose it is: zero: free; otherwise one more than `fork_count` of the owner's process.
    /// Any thread takes a free record, or one whose owner is not in this process.
    pub(crate) claimed: AtomicU32,
    /// Odd while the owner writes. Grows with every write, so it also numbers the waits.
    sequence: AtomicUsize,
    /// Waits that have begun and not ended; more than one when a signal handler waits in a wait.
    depth: AtomicU32,
    person: [AtomicU64; PERSON_WORDS],
    note: [AtomicU64; NOTE_WORDS],
}

/// What a reader found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) person: Person,
    /// What the thread waits for, if it waits.
    pub(crate) note: Option<Note>,
    /// Changes with everything that is written.
    pub(crate) sequence: usize,
}

impl Record {
    pub(crate) const fn new() -> Self {
        Self {
            next: AtomicPtr::new(ptr::null_mut()),
            claimed: AtomicU32::new(0),
            sequence: AtomicUsize::new(0),
            depth: AtomicU32::new(0),
            person: [const { AtomicU64::new(0) }; PERSON_WORDS],
            note: [const { AtomicU64::new(0) }; NOTE_WORDS],
        }
    }

    /// Only the owner calls this, and everything below it up to `read`.
    fn write(&self, change: impl FnOnce()) {
        // Odd already when a fork took the last owner away in the middle of its writing.
        let writing = self.sequence.load(Ordering::Relaxed) | 1;
        self.sequence.store(writing, Ordering::Relaxed);
        // sync: begin, pairs with the Acquire fence in `try_read`: who sees a new word sees odd.
        fence(Ordering::Release);
        change();
        // sync: end, pairs with the Acquire load in `try_read`: who sees even sees all words.
        self.sequence
            .store(writing.wrapping_add(1), Ordering::Release);
    }

    /// Begins a new life: this person, not waiting.
    pub(crate) fn introduce(&self, person: &Person) {
        self.write(|| {
            self.depth.store(0, Ordering::Relaxed);
            store(&self.person, person.words());
        });
    }

    /// Another name for the same person; a wait goes on.
    pub(crate) fn rename(&self, person: &Person) {
        self.write(|| store(&self.person, person.words()));
    }

    /// The owner as it was introduced.
    pub(crate) fn person(&self) -> Person {
        Person::from_words(&load(&self.person))
    }

    /// Begins a wait. When there is one already, its note is given back for `end`.
    pub(crate) fn begin(&self, note: &Note) -> Option<Box<Note>> {
        let depth = self.depth.load(Ordering::Relaxed);
        let outer = (depth > 0).then(|| Box::new(Note::from_words(&load(&self.note))));
        self.write(|| {
            store(&self.note, note.words());
            self.depth.store(depth + 1, Ordering::Relaxed);
        });
        outer
    }

    /// Ends the innermost wait; `outer` is what `begin` gave back.
    pub(crate) fn end(&self, outer: Option<&Note>) {
        let depth = self.depth.load(Ordering::Relaxed);
        self.write(|| {
            if let Some(outer) = outer {
                store(&self.note, outer.words());
            }
            self.depth.store(depth.saturating_sub(1), Ordering::Relaxed);
        });
    }

    /// What stands here now; `None` when the owner was always in the middle of writing.
    pub(crate) fn read(&self) -> Option<Reading> {
        (0..LOOKS).find_map(|_| self.try_read())
    }

    fn try_read(&self) -> Option<Reading> {
        // sync: end, pairs with the Release store in `write`.
        let before = self.sequence.load(Ordering::Acquire);
        if before & 1 == 1 {
            ropewalk_facade::hint::spin_loop();
            return None;
        }
        let waits = self.depth.load(Ordering::Relaxed) > 0;
        let person = load(&self.person);
        let note = if waits {
            load(&self.note)
        } else {
            [0; NOTE_WORDS]
        };
        // sync: begin, pairs with the Release fence in `write`.
        fence(Ordering::Acquire);
        (self.sequence.load(Ordering::Relaxed) == before).then(|| Reading {
            person: Person::from_words(&person),
            note: waits.then(|| Note::from_words(&note)),
            sequence: before,
        })
    }

    /// Whether nothing was written since a reading.
    pub(crate) fn is_still(&self, sequence: usize) -> bool {
        // sync: begin, pairs with the Release fence in `write`: what was looked up after the
        // reading (the holder's word) was looked up before this look.
        fence(Ordering::Acquire);
        self.sequence.load(Ordering::Relaxed) == sequence
    }
}

fn store(to: &[AtomicU64], words: impl Iterator<Item = u64>) {
    for (slot, word) in to.iter().zip(words) {
        slot.store(word, Ordering::Relaxed);
    }
}

fn load<const N: usize>(from: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|index| from[index].load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::Record;
    use crate::note::{Holder, Note, Person};
    use crate::text::Text;
    use ropewalk_facade::atomic::{AtomicBool, Ordering};

    /// A note whose every part is made of one number.
    fn uniform(number: usize) -> Note {
        let digit = char::from_digit(u32::try_from(number % 10).unwrap(), 10).unwrap();
        let text: String = std::iter::repeat_n(digit, 20).collect();
        Note {
            kind: Text::of(&text),
            what: Text::of(&text),
            place: Text::of(&text),
            object: number,
            holder: Holder::Cell(number),
            timed: number % 2 == 1,
            since: number as u64,
        }
    }

    fn assert_whole(note: &Note) {
        assert_eq!(format!("{note:?}"), format!("{:?}", uniform(note.object)));
    }

    #[test]
    fn a_reader_never_sees_a_mixture() {
        let record = Record::new();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut seen = 0_u32;
                        while !done.load(Ordering::Relaxed) || seen == 0 {
                            if let Some(note) = record.read().and_then(|reading| reading.note) {
                                assert_whole(&note);
                                seen += 1;
                            }
                        }
                        seen
                    })
                })
                .collect();
            for number in 0..100_000 {
                record.begin(&uniform(number));
                if number % 3 == 0 {
                    let outer = record.begin(&uniform(number + 5));
                    record.end(outer.as_deref());
                }
                record.end(None);
            }
            record.begin(&uniform(7));
            done.store(true, Ordering::Relaxed);
            for reader in readers {
                assert!(reader.join().unwrap() > 0);
            }
        });
    }

    #[test]
    fn a_wait_inside_a_wait_restores_the_outer_one() {
        let record = Record::new();
        let read = || record.read().unwrap().note.map(|note| note.object);
        record.introduce(&Person::NOBODY);
        let none = record.begin(&uniform(1));
        let outer = record.begin(&uniform(2));
        assert_eq!(read(), Some(2));
        record.end(outer.as_deref());
        assert_eq!(read(), Some(1));
        record.end(none.as_deref());
        assert_eq!(read(), None);
    }

    #[test]
    fn a_reader_in_the_middle_of_the_writing_gives_up() {
        let record = Record::new();
        record.write(|| assert!(record.read().is_none()));
        assert!(record.read().is_some());
    }
}
