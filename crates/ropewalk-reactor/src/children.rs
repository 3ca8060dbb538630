//! Child processes that a loop watches. Promise: no thread and no signal handler is needed; a
//! child's status is taken once and remembered; whoever else waits for children is told apart
//! from a child that ended with some status.

use ropewalk_sys::{Ended, PidFd};
use std::io;

/// How a child ended, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It called exit with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
    /// Somebody else took the status, or the system keeps none because SIGCHLD is ignored.
    TakenElsewhere,
}

impl From<Ended> for End {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Exited(status) => Self::Exited(status),
            Ended::Killed(signal) => Self::Killed(signal),
        }
    }
}

/// One child of this process, under watch. Its descriptor is readable once the child has ended.
///
/// Dropping it closes the descriptor and leaves the child alone.
///
/// Fork: a copy in a forked child says [`End::TakenElsewhere`]: it is not that process's child.
///
/// ```
/// use ropewalk_reactor::{Child, End};
///
/// if Child::can_be_watched() {
///     let started = std::process::Command::new("/bin/sh").args(["-c", "exit 3"]).spawn()?;
///     let mut child = Child::watch(started.id())?;
///     // A loop would poll the descriptor instead.
///     let end = loop {
///         match child.look()? {
///             Some(end) => break end,
///             None => std::thread::yield_now(),
///         }
///     };
///     assert_eq!(end, End::Exited(3));
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Child {
    descriptor: PidFd,
    end: Option<End>,
}

impl Child {
    /// Whether this system offers and allows it.
    #[must_use]
    pub fn can_be_watched() -> bool {
        PidFd::is_offered()
    }

    /// Begins to watch the child with this number. Nobody has waited for it yet.
    ///
    /// # Errors
    /// `ESRCH` when it is gone already, `EMFILE` when there is no descriptor to be had.
    pub fn watch(process: u32) -> io::Result<Self> {
        Ok(Self {
            descriptor: PidFd::open(process)?,
            end: None,
        })
    }

    /// How it ended, or `None` while it runs. The first answer is kept.
    ///
    /// # Errors
    /// What the system says, other than that the status is gone.
    pub fn look(&mut self) -> io::Result<Option<End>> {
        if self.end.is_none() {
            self.end = match self.descriptor.reap() {
                Ok(ended) => ended.map(End::from),
                Err(error) if is_no_child(&error) => Some(End::TakenElsewhere),
                Err(error) => return Err(error),
            };
        }
        Ok(self.end)
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Child {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.descriptor.as_raw_fd()
    }
}

/// ECHILD, which has no kind of its own; the number is the same on all Unix systems.
fn is_no_child(error: &io::Error) -> bool {
    const ECHILD: i32 = 10;
    error.raw_os_error() == Some(ECHILD)
}

#[cfg(test)]
mod tests {
    use super::{Child, End};
    use std::process::Command;

    fn end_of(child: &mut Child) -> End {
        loop {
            if let Some(end) = child.look().expect("a child of ours") {
                return end;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_status_is_remembered() {
        if !Child::can_be_watched() {
            return;
        }
        let started = Command::new("/bin/sh").args(["-c", "exit 5"]).spawn();
        let mut child = Child::watch(started.expect("a shell").id()).expect("not waited for");
        assert_eq!(end_of(&mut child), End::Exited(5));
        assert_eq!(end_of(&mut child), End::Exited(5));
    }

    #[test]
    fn a_status_that_was_taken_is_told_apart() {
        if !Child::can_be_watched() {
            return;
        }
        let mut started = Command::new("/bin/true").spawn().expect("a program");
        let mut child = Child::watch(started.id()).expect("not waited for");
        started.wait().expect("our child");
        assert_eq!(end_of(&mut child), End::TakenElsewhere);
    }
}
