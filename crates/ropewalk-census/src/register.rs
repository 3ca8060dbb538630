//! All records, one for each thread that ever waited or was named.
//!
//! Promise: a record is never freed, so a list that is being read never breaks; a thread that
//! ends leaves its record to the next one; in a forked child only the thread that is there counts.

#![expect(unsafe_code, reason = "a list of records that live for ever")]

use crate::note::{NAME_BYTES, Note, Person};
use crate::record::Record;
use crate::text::Text;
use ropewalk_facade::atomic::{AtomicPtr, Ordering};
use ropewalk_sys::{fork_count, native_thread_id, thread_key};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

static NEWEST: AtomicPtr<Record> = AtomicPtr::new(ptr::null_mut());

/// The value of `Record::claimed` for threads of this process.
fn ours() -> u32 {
    fork_count().wrapping_add(1)
}

/// The records of threads of this process, newest first.
pub(crate) fn records() -> impl Iterator<Item = &'static Record> {
    let ours = ours();
    // sync: claim, pairs with the compare_exchange in `claim`.
    every_record().filter(move |record| record.claimed.load(Ordering::Acquire) == ours)
}

fn every_record() -> impl Iterator<Item = &'static Record> {
    // sync: push, pairs with the compare_exchange in `push`.
    let mut next = NEWEST.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        // SAFETY: a pointer in this list is null or comes from the leaked box in `push`; its
        // record was complete before the Release that published it, and is never freed.
        let record = unsafe { next.as_ref() }?;
        next = record.next.load(Ordering::Relaxed);
        Some(record)
    })
}

fn push() -> &'static Record {
    let record: &'static Record = Box::leak(Box::new(Record::new()));
    record.claimed.store(ours(), Ordering::Relaxed);
    let mut newest = NEWEST.load(Ordering::Relaxed);
    loop {
        record.next.store(newest, Ordering::Relaxed);
        let here = ptr::from_ref(record).cast_mut();
        // sync: push, Release pairs with the Acquire load in `every_record`.
        match NEWEST.compare_exchange(newest, here, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return record,
            Err(other) => newest = other,
        }
    }
}

/// A record for this thread: one that nobody of this process has, or a new one.
fn claim() -> &'static Record {
    let ours = ours();
    let free = every_record().find(|record| {
        let claimed = record.claimed.load(Ordering::Relaxed);
        // sync: claim, Acquire pairs with the Release store in `Own::drop`: the last owner has
        // written its last word; Release with the Acquire load in `records`.
        claimed != ours
            && record
                .claimed
                .compare_exchange(claimed, ours, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    });
    let record = free.unwrap_or_else(push);
    record.introduce(&Person {
        key: thread_key(),
        native_id: native_thread_id(),
        name: Text::new(),
    });
    record
}

/// This thread's record, given back when the thread ends.
struct Own {
    record: Cell<Option<&'static Record>>,
    /// What `claimed` said when the record became ours.
    mark: Cell<u32>,
}

impl Own {
    fn record(&self) -> &'static Record {
        let ours = ours();
        if let Some(record) = self.record.get().filter(|_| self.mark.get() == ours) {
            return record;
        }
        // The first wait of this thread, or of this process after a fork. In the second case the
        // record of before is left to whoever comes first, which is mostly `claim` right here.
        let record = claim();
        self.record.set(Some(record));
        self.mark.set(ours);
        record
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let ours = ours();
        if let Some(record) = self.record.get().filter(|_| self.mark.get() == ours) {
            record.introduce(&Person::NOBODY);
            // sync: claim, Release pairs with the Acquire in `claim`.
            record.claimed.store(0, Ordering::Release);
        }
    }
}

ropewalk_facade::thread_local! {
    static OWN: Own = const { Own { record: Cell::new(None), mark: Cell::new(0) } };
}

/// Takes a wait out of the register again when it is dropped.
#[derive(Debug)]
#[must_use = "the wait is over as soon as this is dropped"]
pub struct Noted {
    record: Option<&'static Record>,
    outer: Option<Box<Note>>,
    mark: u32,
    /// Belongs to the thread that waits.
    stays_here: PhantomData<*const ()>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        // After a fork in the middle of the wait the record may be another thread's.
        if let Some(record) = self.record.filter(|_| self.mark == ours()) {
            record.end(self.outer.as_deref());
        }
    }
}

/// Notes that this thread begins to wait.
pub(crate) fn begin(note: &Note) -> Noted {
    // A thread that is past its thread-local values waits without a note.
    let record = OWN.try_with(Own::record).ok();
    Noted {
        record,
        outer: record.and_then(|record| record.begin(note)),
        mark: ours(),
        stays_here: PhantomData,
    }
}

/// Gives this thread the name under which reports show it, if it has another one yet.
pub fn name_thread(name: &str) {
    let Ok(record) = OWN.try_with(Own::record) else {
        return;
    };
    let known = record.person();
    let name = Text::<NAME_BYTES>::of(name);
    if known.name.as_str() != name.as_str() {
        record.rename(&Person { name, ..known });
    }
}
