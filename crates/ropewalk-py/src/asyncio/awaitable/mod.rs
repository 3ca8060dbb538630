//! Native coroutines: what `await queue.get()` awaits.
//!
//! Promise: to the world each is a coroutine (`send`, `throw`, `close`, `await`, one use only, a
//! warning when never awaited), and nothing happens before its first step. One that need not wait
//! ends in that step, without a Python frame and without a `StopIteration` where the caller can
//! do without.
//!
//! How to make one:
//!
//! 1. Write a type of at most [`work::ROOM`] words (more: put the rest in a `Box`) with what the work
//!    needs, and implement [`Work`] for it: `start` is the first step, `resume` is called with
//!    the outcome of what the last step waited for. A step says `Return(value)` or
//!    `Wait(awaitable)`, or is an error. `Wait` takes a future ([`future`] makes one for the
//!    running loop) or anything else that can be awaited.
//! 2. A cancellation reaches `resume` as `Err(CancelledError)`, `close()` as
//!    `Err(GeneratorExit)`: give back what was taken, and return the error.
//! 3. Hand out `coroutine(py, work)` from a method of a native class. The Python class above
//!    declares the method as a plain `def` under the decorator
//!    `native_coroutine` of `ropewalk._asyncio._coroutines`, so that it is a coroutine function to
//!    all who ask (`short_cut_to(Engine.method)` lets calls go straight to the engine as well);
//!    [`Origin`] names that method.
//!
//! 4. Where every nanosecond counts: hold objects as [`Held`], implement `at_once` for the step
//!    that needs no Python code, and [`Handed`], and give `short_cut_to` the capsule that
//!    [`quick`] makes in place of the method.
//!
//! The work is dropped as soon as its last step is done.

mod attributes;
mod awaiting;
mod between;
mod bound;
mod class;
mod drive;
mod free;
mod futures;
mod held;
mod loops;
mod method;
pub(crate) mod module;
mod object;
mod origin;
mod quick;
mod slots;
mod stop;
mod work;
mod wrapper;

pub(crate) use crate::asyncio::running::running_loop;
pub(crate) use class::coroutine;
pub(crate) use drive::begin;
pub(crate) use futures::{is_cancelled, is_done, set_result};
pub(crate) use held::Held;
#[allow(unused_imports, reason = "each part takes what it needs")]
pub(crate) use loops::future;
pub(crate) use method::leads_to;
pub(crate) use origin::Origin;
pub(crate) use quick::{AtOnce, Direct, Handed, at_once, direct, direct_methods, given, quick};
pub(crate) use work::{Step, Stop, Visit, Work};
