//! The memory of a native coroutine, and who may touch which part of it when.
//!
//! | state     | meaning                    | the work              | `inner`            |
//! |-----------|----------------------------|-----------------------|--------------------|
//! | CREATED   | never stepped              | there                 | None               |
//! | SUSPENDED | waits for `inner`          | there                 | what it awaits     |
//! | RUNNING   | somebody has claimed it    | the claimant's alone  | the claimant's     |
//! | DONE      | ended or closed            | dropped               | None               |
//!
//! Promise: only a [`Claim`] reaches the work and `inner`, and there is one claim at a time; the
//! collector looks at them only while nobody has claimed them.

#![expect(unsafe_code, reason = "a Python object with room for any work inside")]

use super::origin::Origin;
use super::work::{ROOM, Step, Stop, Visit, Work};
use crate::raised::Raised;
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::cell::UnsafeCell;
use std::mem::{MaybeUninit, align_of, size_of};

pub(super) const CREATED: u32 = 0;
pub(super) const SUSPENDED: u32 = 1;
pub(super) const RUNNING: u32 = 2;
pub(super) const DONE: u32 = 3;

pub(super) type Room = MaybeUninit<[usize; ROOM]>;

/// What can be done with a work whose type is forgotten. Each function's `room` holds a live
/// work of the table's type, which nobody else touches meanwhile.
struct Table {
    origin: &'static Origin,
    at_once: unsafe fn(room: *mut Room, py: Python<'_>) -> Option<Py<PyAny>>,
    takes_turns: bool,
    passes: unsafe fn(room: *mut Room) -> bool,
    over: unsafe fn(room: *mut Room, py: Python<'_>) -> Option<Py<PyAny>>,
    start: unsafe fn(room: *mut Room, py: Python<'_>) -> PyResult<Step>,
    resume: unsafe fn(*mut Room, Python<'_>, PyResult<Py<PyAny>>) -> PyResult<Step>,
    traverse: unsafe fn(*const Room, &mut Visit) -> Result<(), Stop>,
    drop: unsafe fn(*mut Room),
}

struct TableOf<W>(W);

impl<W: Work> TableOf<W> {
    const FITS: () = assert!(
        size_of::<W>() <= size_of::<Room>() && align_of::<W>() <= align_of::<Room>(),
        "the work is larger than its room: box a part of it"
    );

    const TABLE: &'static Table = &Table {
        origin: W::ORIGIN,
        // SAFETY: the room holds a work of this type, which is the caller's alone.
        at_once: |room, py| unsafe { &*room.cast::<W>() }.at_once(py),
        takes_turns: W::TAKES_TURNS,
        // SAFETY: as above.
        passes: |room| unsafe { &*room.cast::<W>() }.passes(),
        // SAFETY: as above.
        over: |room, py| unsafe { &*room.cast::<W>() }.over(py),
        // SAFETY: as above.
        start: |room, py| unsafe { &mut *room.cast::<W>() }.start(py),
        // SAFETY: as above.
        resume: |room, py, outcome| unsafe { &mut *room.cast::<W>() }.resume(py, outcome),
        // SAFETY: as above.
        traverse: |room, visit| unsafe { &*room.cast::<W>() }.traverse(visit),
        // SAFETY: as above; the caller does not use the work again.
        drop: |room| unsafe { room.cast::<W>().drop_in_place() },
    };
}

/// A native coroutine, as Python's memory holds it.
#[repr(C)]
pub(super) struct Object {
    head: ffi::PyObject,
    pub(super) body: Body,
}

/// All but the head.
pub(super) struct Body {
    /// Python's list of weak references; its own.
    pub(super) weak: *mut ffi::PyObject,
    /// See the table above. Ordered, because free threads may pass a coroutine on.
    state: AtomicU32,
    /// Python has called the finalizer, and will not call it again for this memory.
    pub(super) finalized: AtomicBool,
    /// The exception that told the result, for `stop` to use again; owned, or null. Written once,
    /// when the coroutine is DONE, and taken when it dies.
    pub(super) spent: AtomicPtr<ffi::PyObject>,
    table: &'static Table,
    inner: UnsafeCell<Option<Py<PyAny>>>,
    /// The work; spare words while the coroutine is DONE.
    pub(super) room: UnsafeCell<Room>,
}

impl Body {
    /// Holds a work that was never stepped.
    pub(super) fn new<W: Work>(work: W) -> Self {
        const { TableOf::<W>::FITS };
        let mut room = Room::uninit();
        // SAFETY: the room is this function's own, and `FITS` says that the work has room there.
        unsafe { room.as_mut_ptr().cast::<W>().write(work) };
        Self {
            weak: std::ptr::null_mut(),
            state: AtomicU32::new(CREATED),
            finalized: AtomicBool::new(false),
            spent: AtomicPtr::new(std::ptr::null_mut()),
            table: TableOf::<W>::TABLE,
            inner: UnsafeCell::new(None),
            room: UnsafeCell::new(room),
        }
    }
}

impl Object {
    pub(super) fn origin(&self) -> &'static Origin {
        self.body.table.origin
    }

    pub(super) fn state(&self) -> u32 {
        // sync: coroutine, Acquire pairs with the Release when a claim ends.
        self.body.state.load(Ordering::Acquire)
    }

    /// Whether `passes` and `over` of its work may know something.
    pub(super) fn takes_turns(&self) -> bool {
        self.body.table.takes_turns
    }

    /// Claims the coroutine; the state it was in. DONE is not claimed, RUNNING not twice.
    pub(super) fn claim(&self) -> Result<Claim<'_>, u32> {
        loop {
            let found = self.state();
            if found >= RUNNING {
                return Err(found);
            }
            // sync: coroutine, Acquire pairs with the Release when a claim ends.
            if self
                .body
                .state
                .compare_exchange(found, RUNNING, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return Ok(Claim {
                    object: self,
                    found,
                    leave: DONE,
                });
            }
        }
    }

    /// Claims a coroutine that was never stepped.
    #[inline]
    pub(super) fn claim_created(&self) -> Option<Claim<'_>> {
        // sync: coroutine, Acquire pairs with the Release when a claim ends.
        let claimed = self.body.state.compare_exchange(
            CREATED,
            RUNNING,
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        claimed.ok().map(|found| Claim {
            object: self,
            found,
            leave: DONE,
        })
    }

    /// Shows the collector what the coroutine holds; of a running one nothing, which keeps all
    /// of that alive.
    ///
    /// # Safety
    ///
    /// Called by the collector, which lets no other thread run meanwhile.
    pub(super) unsafe fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        if self.state() >= RUNNING {
            return Ok(());
        }
        // SAFETY: nobody has claimed the coroutine, and nobody can while the collector looks.
        let inner = unsafe { &*self.body.inner.get() };
        visit.call(inner.as_ref())?;
        // SAFETY: as above; below RUNNING the work is there.
        unsafe { (self.body.table.traverse)(self.body.room.get(), visit) }
    }
}

/// The right to step a coroutine. Unless it is suspended, it is done when the claim ends.
pub(super) struct Claim<'a> {
    object: &'a Object,
    /// The state it was in: CREATED or SUSPENDED.
    pub(super) found: u32,
    leave: u32,
}

impl Claim<'_> {
    pub(super) fn at_once(&mut self, py: Python<'_>) -> Option<Py<PyAny>> {
        // SAFETY: claimed, so the work is there and this claim's alone.
        unsafe { (self.object.body.table.at_once)(self.object.body.room.get(), py) }
    }

    pub(super) fn passes(&mut self) -> bool {
        // SAFETY: as above.
        unsafe { (self.object.body.table.passes)(self.object.body.room.get()) }
    }

    /// The end of a coroutine that waits for nothing but its next turn, if `over` knows it.
    pub(super) fn over(&mut self, py: Python<'_>) -> Option<Py<PyAny>> {
        if self.found != SUSPENDED || self.inner().is_some() {
            return None;
        }
        // SAFETY: as above.
        unsafe { (self.object.body.table.over)(self.object.body.room.get(), py) }
    }

    pub(super) fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        // SAFETY: claimed, so the work is there and this claim's alone.
        unsafe { (self.object.body.table.start)(self.object.body.room.get(), py) }
    }

    pub(super) fn resume(
        &mut self,
        py: Python<'_>,
        outcome: PyResult<Py<PyAny>>,
    ) -> PyResult<Step> {
        // SAFETY: as above.
        unsafe {
            (self.object.body.table.resume)(self.object.body.room.get(), py, outcome.made(py))
        }
    }

    pub(super) fn origin(&self) -> &'static Origin {
        self.object.origin()
    }

    /// What the coroutine awaits.
    pub(super) fn inner(&mut self) -> &mut Option<Py<PyAny>> {
        // SAFETY: claimed, and borrowed from the one claim.
        unsafe { &mut *self.object.body.inner.get() }
    }

    /// Ends the claim with the coroutine as it was, or waiting for `inner`.
    pub(super) fn suspend(mut self) {
        self.leave = SUSPENDED;
    }

    /// Ends the claim as if it had not been.
    pub(super) fn put_back(mut self) {
        self.leave = self.found;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.leave == DONE {
            drop(self.inner().take());
            // SAFETY: claimed, so the work is there; DONE, which nobody claims, follows.
            unsafe { (self.object.body.table.drop)(self.object.body.room.get()) };
        }
        // sync: coroutine, Release pairs with the Acquire of the next claim.
        self.object.body.state.store(self.leave, Ordering::Release);
    }
}
