//! A picture in words. Promise: whoever knows no thread of the program by heart can still follow
//! it: each line names who, what, since when and where in the source.

use crate::cycle;
use crate::note::Note;
use crate::picture::{Entry, Picture, THREADS, next_in};
use ropewalk_sys::{monotonic_nanos, process_id};
use std::fmt::{self, Display, Formatter, Write};

/// Writes the whole report.
pub(crate) fn tell(out: &mut impl Write, picture: &mut Picture<'_>) -> fmt::Result {
    let now = monotonic_nanos();
    let entries = picture.entries;
    let waiting = entries.iter().filter(|entry| entry.note.is_some()).count();
    writeln!(
        out,
        "ropewalk: who waits for what in process {}",
        process_id()
    )?;
    if waiting == 0 {
        writeln!(out, "  No thread waits for anything of ropewalk's.")?;
    }
    for entry in entries {
        if let Some(note) = &entry.note {
            tell_wait(out, entries, entry, note, now)?;
        }
    }
    for entry in entries.iter().filter(|entry| entry.note.is_none()) {
        writeln!(
            out,
            "  {} does not wait for anything of ropewalk's",
            Who(entry)
        )?;
    }
    if picture.more > 0 {
        writeln!(
            out,
            "  ... and {} more (a report shows {THREADS} threads)",
            picture.more
        )?;
    }
    let mut outcome = Ok(());
    picture.each_cycle(|entries, first| {
        if outcome.is_ok() {
            outcome = tell_cycle(out, entries, first);
        }
    });
    outcome
}

fn tell_wait(
    out: &mut impl Write,
    entries: &[Entry],
    entry: &Entry,
    note: &Note,
    now: u64,
) -> fmt::Result {
    let waited = Seconds(now.saturating_sub(note.since));
    writeln!(out, "  {} waits {}, {waited} so far", Who(entry), For(note))?;
    let limit = if note.timed { " (with a time-out)" } else { "" };
    writeln!(out, "      at {}{limit}", Place(note))?;
    tell_holder(out, entries, entry)?;
    tell_others(out, entries, entry, note)
}

fn tell_holder(out: &mut impl Write, entries: &[Entry], entry: &Entry) -> fmt::Result {
    if entry.holder == 0 {
        return Ok(());
    }
    let verb = entry.note.map_or("held by", |note| verb(&note, "that is"));
    if entry.holder == entry.person.key {
        return writeln!(out, "      {verb} itself");
    }
    match entry.holder_place.map(|place| &entries[place]) {
        None => writeln!(
            out,
            "      {verb} thread {:#x}, which is not known to wait",
            entry.holder
        ),
        Some(holder) => match &holder.note {
            None => writeln!(out, "      {verb} {}, which runs", Who(holder)),
            Some(note) => writeln!(
                out,
                "      {verb} {}, which waits {} at {}",
                Who(holder),
                For(note),
                Place(note)
            ),
        },
    }
}

fn tell_others(out: &mut impl Write, entries: &[Entry], entry: &Entry, note: &Note) -> fmt::Result {
    let same = |other: &&Entry| {
        other.person.key != entry.person.key
            && other.note.is_some_and(|its| its.object == note.object)
    };
    let mut lead = "      also waiting: ";
    for other in entries.iter().filter(same) {
        write!(out, "{lead}{}", Who(other))?;
        lead = ", ";
    }
    if lead == ", " {
        writeln!(out)?;
    }
    Ok(())
}

fn tell_cycle(out: &mut impl Write, entries: &[Entry], first: usize) -> fmt::Result {
    let next = next_in(entries);
    let members = || cycle::members(first, &next).map(|index| &entries[index]);
    let timed = members().any(|entry| entry.note.is_some_and(|note| note.timed));
    let end = if timed {
        "until a time-out ends one of the waits"
    } else {
        "so none of them can ever go on"
    };
    if members().count() == 1 {
        writeln!(
            out,
            "CYCLE: a thread waits for what it holds itself, {end}:"
        )?;
    } else {
        writeln!(out, "CYCLE: these threads wait for each other, {end}:")?;
    }
    for entry in members() {
        let (Some(note), Some(holder)) = (&entry.note, entry.holder_place) else {
            continue;
        };
        writeln!(out, "  {} at {}", Who(entry), Place(note))?;
        let holder = &entries[holder];
        let verb = verb(note, "which is");
        writeln!(out, "      waits {}, {verb} {}", For(note), Who(holder))?;
    }
    Ok(())
}

/// What the holder has to do with what is waited for; `is` when it is the same.
fn verb(note: &Note, is: &'static str) -> &'static str {
    match note.kind.as_str() {
        "Thread.join" => is,
        kind if kind.starts_with("Future.") => "run by",
        _ => "held by",
    }
}

/// A thread's name, or its key where it has none, and the kernel's number.
struct Who<'a>(&'a Entry);

impl Display for Who<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let person = &self.0.person;
        match person.name.as_str() {
            "" => write!(f, "thread {:#x}", person.key)?,
            name => write!(f, "thread {name}")?,
        }
        write!(f, " [{}]", person.native_id)
    }
}

/// "for a Lock made at ..." or "in Queue.get of the Queue made at ...".
struct For<'a>(&'a Note);

impl Display for For<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (kind, what) = (self.0.kind.as_str(), self.0.what.as_str());
        match what {
            "" => write!(f, "for a {kind}")?,
            _ if kind.contains('.') => write!(f, "in {kind} of {what}")?,
            _ => write!(f, "for {what}")?,
        }
        match self.0.object {
            0 => Ok(()),
            object => write!(f, " ({object:#x})"),
        }
    }
}

struct Place<'a>(&'a Note);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.place.as_str() {
            "" => "an unknown place",
            place => place,
        })
    }
}

/// Nanoseconds as seconds with one decimal.
struct Seconds(u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tenths = self.0 / 100_000_000;
        write!(f, "{}.{} s", tenths / 10, tenths % 10)
    }
}
