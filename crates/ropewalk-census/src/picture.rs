//! The register at one moment: who is there, who waits for what, who could help.
//!
//! Promise: it is taken without allocating, in room that the caller has; a holder is named only
//! when the wait went on unchanged while its word was read, so the object was still there.

use crate::cycle;
use crate::note::{Holder, Note, Person};
use crate::record::Record;
use crate::register;
use ropewalk_sys::read_word;

/// How many threads a picture shows; the rest are only counted.
pub(crate) const THREADS: usize = 256;

/// One thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    record: Option<&'static Record>,
    sequence: usize,
    pub(crate) person: Person,
    pub(crate) note: Option<Note>,
    /// Key of the thread that holds what this one waits for; zero: nobody known.
    pub(crate) holder: usize,
    /// Where that thread stands in the picture.
    pub(crate) holder_place: Option<usize>,
}

impl Entry {
    pub(crate) const EMPTY: Self = Self {
        record: None,
        sequence: 0,
        person: Person::NOBODY,
        note: None,
        holder: 0,
        holder_place: None,
    };
}

/// Everybody, as far as there was room.
#[derive(Debug)]
pub(crate) struct Picture<'room> {
    pub(crate) entries: &'room [Entry],
    marks: &'room mut [u16],
    /// Threads that there was no room for.
    pub(crate) more: usize,
}

impl<'room> Picture<'room> {
    /// Looks at every record once. There is room for as many threads as both slices hold.
    pub(crate) fn take(entries: &'room mut [Entry], marks: &'room mut [u16]) -> Self {
        let (mut count, mut more) = (0, 0);
        for record in register::records() {
            let Some(entry) = look_at(record) else {
                continue;
            };
            match entries.get_mut(count) {
                Some(place) => {
                    *place = entry;
                    count += 1;
                }
                None => more += 1,
            }
        }
        // The list has the newest first; people expect the main thread, which is older, first.
        let entries = &mut entries[..count];
        entries.reverse();
        for index in 0..count {
            let holder = entries[index].holder;
            entries[index].holder_place = (holder != 0)
                .then(|| entries.iter().position(|other| other.person.key == holder))
                .flatten();
        }
        Self {
            marks: &mut marks[..count],
            entries,
            more,
        }
    }

    /// Calls `tell` with each circle of threads that wait for each other and with its members.
    pub(crate) fn each_cycle(&mut self, mut tell: impl FnMut(&[Entry], usize)) {
        let entries = self.entries;
        let next = next_in(entries);
        cycle::cycles(self.marks, &next, |first| {
            // The records were read one after the other: it is a circle only if all of these
            // waits still go on, because then they all went on at the moment before this look.
            if cycle::members(first, &next).all(|index| entries[index].still_waits()) {
                tell(entries, first);
            }
        });
    }
}

/// The step from a waiting thread to the one that holds what it waits for.
pub(crate) fn next_in(entries: &[Entry]) -> impl Fn(usize) -> Option<usize> {
    |index| {
        let entry = &entries[index];
        entry.note.and(entry.holder_place)
    }
}

impl Entry {
    fn still_waits(&self) -> bool {
        self.record
            .is_some_and(|record| record.is_still(self.sequence))
    }
}

fn look_at(record: &'static Record) -> Option<Entry> {
    let reading = record.read()?;
    let holder = match reading.note.map_or(Holder::Anyone, |note| note.holder) {
        Holder::Anyone => 0,
        Holder::Thread(key) => key,
        Holder::Cell(address) => read_word(address)
            .filter(|_| record.is_still(reading.sequence))
            .unwrap_or(0),
    };
    (reading.person.key != 0).then_some(Entry {
        record: Some(record),
        sequence: reading.sequence,
        person: reading.person,
        note: reading.note,
        holder,
        holder_place: None,
    })
}
