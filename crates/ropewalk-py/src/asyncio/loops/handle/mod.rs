//! `Handle`, `TimerHandle` and, where there is one, `_ThreadSafeHandle`: subtypes of asyncio's own, with the same slots.
//!
//! Promise: `isinstance` holds, every slot can be read and set as in the standard library, and what
//! is not hot is inherited from it; making one costs one allocation.

mod collect;
mod guarded;
mod kinds;
mod make;
mod methods;
mod run;
mod spares;

pub(super) use guarded::{Guarded, make_guarded};
pub(super) use kinds::{Kinds, kinds, make_types};
pub(super) use make::{make, make_timer, track_if_ours};
pub(super) use run::{
    callback_address, cancel, is_cancelled, is_cancelled_here, run, run_last, unschedule,
};
pub(super) use spares::Spares;
