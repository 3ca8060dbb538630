//! Where data lies between the kernel and the object that it is for.
//!
//! Promise: what a caller gets is exact `bytes`, as long as what came in, and no code of Python's
//! runs while a thread's room is lent.
//!
//! Two ways lead there. Little is read into a room that the thread keeps, and copied out of it:
//! a block that could hold the most would cost more than that copy. Much is read into the object
//! itself, which is cut to its length afterwards.
//!
//! Where a copy may begin: on AMD's processors (EPYC of 2024, measured) a copy of more than some
//! kilobytes takes twenty times as long when its target begins 1 to 31 bytes further into a page
//! than its source. What the kernel copies from begins where a page does, as a rule; and a block
//! that the C library maps, as it does for large ones, begins 16 bytes into a page. So a program's
//! own `bytearray(1 << 18)` is filled by way of the room.

#![expect(
    unsafe_code,
    reason = "bytes are read into memory that was not written before"
)]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ropewalk_reactor::stream::LARGEST_READ;
use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;
use std::slice;

/// The most that the room can hold.
pub(crate) const ROOM: usize = LARGEST_READ;

/// From here on a read counts as large: the next of its kind goes into the object itself. Below it
/// the copy costs less than cutting the object.
pub(crate) const LARGE: usize = 32 * 1024;

unsafe extern "C" {
    /// Cuts a bytes object that nobody else has seen. On an error it is gone, and an exception set.
    fn _PyBytes_Resize(object: *mut *mut ffi::PyObject, size: ffi::Py_ssize_t) -> std::ffi::c_int;
}

const PAGE: usize = 4096;

/// How far into a page, at most, a slow target of a copy begins.
const SLOW: usize = 31;

/// Where the room begins for a target where the page's beginning would be slow to copy from.
const ASIDE: usize = 64;

/// Memory that begins where a page does.
#[repr(align(4096))]
struct Room([MaybeUninit<u8>; ASIDE + ROOM]);

fn new_room() -> RefCell<Box<Room>> {
    teach_allocator();
    let room = Box::<Room>::new_uninit();
    // SAFETY: a room is nothing but bytes that may be uninitialised.
    RefCell::new(unsafe { room.assume_init() })
}

/// The C library maps and unmaps each large block (a system call, and a page fault for each page)
/// until it has seen the program give one of that size back.
fn teach_allocator() {
    let block = Vec::<u8>::with_capacity(2 * ROOM);
    drop(std::hint::black_box(block));
}

thread_local! {
    /// It is lent for one system call and one copy, never across Python.
    static LENT: RefCell<Box<Room>> = new_room();
}

/// What a call that receives came to: how many bytes it wrote, and what else it tells.
type Came<T> = io::Result<(usize, T)>;

/// Whether a copy from the beginning of a page to here is slow.
fn is_slow(address: usize) -> bool {
    (1..=SLOW).contains(&(address % PAGE))
}

/// Lends `size` bytes of memory, at most [`ROOM`], to a call that receives; makes a bytes object of
/// what it wrote. `large`: it is likely to be much.
pub(crate) fn received<T>(
    py: Python<'_>,
    size: usize,
    large: bool,
    call: impl FnOnce(&mut [MaybeUninit<u8>]) -> Came<T>,
) -> io::Result<(Bound<'_, PyBytes>, T)> {
    if large
        && size >= LARGE
        && let Some(object) = Uncut::new(py, size.min(ROOM))
    {
        object.fill(call)
    } else {
        copied(py, size, call)
    }
}

fn copied<T>(
    py: Python<'_>,
    size: usize,
    call: impl FnOnce(&mut [MaybeUninit<u8>]) -> Came<T>,
) -> io::Result<(Bound<'_, PyBytes>, T)> {
    LENT.with_borrow_mut(|room| {
        let room = &mut room.0[..size.min(ROOM)];
        let (count, told) = call(room)?;
        let filled = &room[..count.min(room.len())];
        // SAFETY: the call wrote the first `count` bytes, as it says.
        let filled = unsafe { slice::from_raw_parts(filled.as_ptr().cast::<u8>(), filled.len()) };
        Ok((PyBytes::new(py, filled), told))
    })
}

/// A bytes object that nobody else has seen, and that is not written yet.
struct Uncut<'py> {
    object: Bound<'py, PyAny>,
    size: usize,
}

impl<'py> Uncut<'py> {
    /// None: there is no memory, or none that is quick to copy to.
    fn new(py: Python<'py>, size: usize) -> Option<Self> {
        let length = ffi::Py_ssize_t::try_from(size).ok()?;
        // SAFETY: attached; without a source the bytes are left as they are.
        let object = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), length) };
        // SAFETY: a new reference, or null with an exception.
        let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }.ok()?;
        let made = Self { object, size };
        (!is_slow(made.start().addr())).then_some(made)
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: a bytes object that is alive.
        unsafe { ffi::PyBytes_AsString(self.object.as_ptr()) }.cast()
    }

    fn fill<T>(
        self,
        call: impl FnOnce(&mut [MaybeUninit<u8>]) -> Came<T>,
    ) -> io::Result<(Bound<'py, PyBytes>, T)> {
        let py = self.object.py();
        let start = self.start().cast::<MaybeUninit<u8>>();
        // SAFETY: the object has `size` bytes there, and is known to nobody else.
        let (count, told) = call(unsafe { slice::from_raw_parts_mut(start, self.size) })?;
        if count == 0 {
            return Ok((PyBytes::new(py, b""), told));
        }
        let mut object = self.object.into_ptr();
        let length = ffi::Py_ssize_t::try_from(count.min(self.size)).unwrap_or(0);
        // SAFETY: the only reference to a bytes object, which is replaced, or taken with an error.
        let answer = unsafe { _PyBytes_Resize(&raw mut object, length) };
        if answer != 0 {
            drop(PyErr::take(py));
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        // SAFETY: a reference that is ours.
        let bytes = unsafe { Bound::from_owned_ptr(py, object) };
        // SAFETY: it is what it was made as.
        Ok((unsafe { bytes.cast_into_unchecked() }, told))
    }
}

/// Lends a program's own memory to a call that receives; or the room, and copies what came, where
/// that is quicker. The call is given no less than 1 byte and no more than the memory has.
pub(crate) fn received_into<T>(
    memory: &mut [MaybeUninit<u8>],
    call: impl FnOnce(&mut [MaybeUninit<u8>]) -> Came<T>,
) -> Came<T> {
    if memory.len() < PAGE || !is_slow(memory.as_ptr().addr()) {
        return call(memory);
    }
    LENT.with_borrow_mut(|room| {
        let size = memory.len().min(ROOM);
        // From the beginning of a page the copy out of the room would be the slow one.
        let room = &mut room.0[ASIDE..ASIDE + size];
        let (count, told) = call(room)?;
        let count = count.min(size);
        memory[..count].copy_from_slice(&room[..count]);
        Ok((count, told))
    })
}
