//! A value that comes later, without Python.
//!
//! Promise: a future's life is one atomic word that every thread may read without a lock; what
//! watches it (threads that sleep, gates of those who wait for many, callbacks) is told exactly
//! once; no foreign code runs under a lock: callbacks are handed back to whoever ended the life.
//!
//! ```
//! use ropewalk_future::{Life, Patience, Phase, Uninterrupted};
//!
//! let life: Life<u8, (), ()> = Life::new();
//! life.finish(Ok(7)).unwrap().wake();
//! assert_eq!(life.wait(Patience::Forever, &mut Uninterrupted), Ok(Phase::Finished));
//! assert_eq!(life.read(|outcome| *outcome), Some(Ok(7)));
//! ```

#![forbid(unsafe_code)]

mod gate;
mod life;
mod state;
mod watchers;

pub use gate::{Gate, Until};
pub use life::{Cancel, Contents, Life, Refused, Start};
pub use ropewalk_park::{Deadline, Patience, Sleeper, Uninterrupted, Wakes};
pub use state::Phase;
pub use watchers::{Owed, Report};
