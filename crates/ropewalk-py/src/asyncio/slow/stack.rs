//! A stack in words. Promise: the first line alone says where the program is blocked.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// A line of the program that runs, or waits for the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: i32,
    pub(super) function: String,
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} in {}", self.file, self.line, self.function)
    }
}

/// The loop's own frames, between whoever runs it and the callback.
const OF_THE_LOOP: [&str; 2] = ["/asyncio/base_events.py", "/asyncio/events.py"];

/// Whether this is a frame of the loop's own.
pub(super) fn is_of_the_loop(place: &Place) -> bool {
    OF_THE_LOOP.iter().any(|end| place.file.ends_with(end))
}

/// Cuts off the loop's own frames at the outer end, unless there is nothing else.
pub(super) fn without_the_loop(places: &[Place]) -> &[Place] {
    let outer = places.iter().rev();
    let count = outer.take_while(|place| is_of_the_loop(place)).count();
    match places.len() - count {
        0 => places,
        rest => &places[..rest],
    }
}

/// Whose files are not the program's: directories, each with a slash at its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Libraries(pub(super) Vec<String>);

impl Libraries {
    fn have(&self, place: &Place) -> bool {
        place.file.starts_with("<frozen ")
            || place.file.contains("/site-packages/")
            || place.file.contains("/dist-packages/")
            || self.0.iter().any(|home| place.file.starts_with(home))
    }
}

/// A callback that blocks its loop, and where.
pub(super) struct Report<'r> {
    pub(super) thread: &'r str,
    pub(super) lasted: Duration,
    /// The innermost place first; empty when it cannot be known.
    pub(super) places: &'r [Place],
    pub(super) libraries: &'r Libraries,
    /// The callback itself, where it is a C function that the loop calls.
    pub(super) callback: Option<&'r str>,
    /// Whether what runs keeps the interpreter to itself.
    pub(super) keeps_interpreter: bool,
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.lasted.as_secs_f64();
        write!(
            f,
            "ropewalk: the event loop of thread {} has been blocked for {seconds:.2} s",
            self.thread
        )?;
        let of_program = self.places.iter().find(|place| !self.libraries.have(place));
        if let Some(name) = self.callback {
            write!(f, " in the callback {name}")?;
        } else if let Some(place) = of_program.or(self.places.first()) {
            write!(f, " at {place}")?;
        }
        match (self.keeps_interpreter, self.places.is_empty()) {
            (true, true) => write!(f, " by a call that keeps the interpreter to itself")?,
            (true, false) => write!(f, ", by a call that keeps the interpreter to itself")?,
            (false, _) => {}
        }
        writeln!(f)?;
        for Place {
            file,
            line,
            function,
        } in self.places.iter().rev()
        {
            writeln!(f, "  File \"{file}\", line {line}, in {function}")?;
        }
        Ok(())
    }
}
