//! Memory of dead objects, kept for the next ones.
//!
//! Promise: a block in the list belongs to the list alone. Whoever takes the chain has all of it;
//! two threads at once may lose a chain to the allocator's books, and never share a block.

#![expect(unsafe_code, reason = "a chain through memory of dead objects")]

use pyo3::ffi;
use ropewalk_facade::atomic::{AtomicPtr, Ordering};
use std::ptr::null_mut;

/// Enough for the coroutines that a few tasks have at hand at once; each is some 150 bytes.
const MOST: usize = 64;

/// Where Python keeps nothing any more, the chain goes: over the head and one word behind it.
#[repr(C)]
struct Block {
    head: ffi::PyObject,
    next: *mut Block,
    /// Blocks from here on.
    count: usize,
}

/// Blocks of one size, of objects of one class.
pub(super) struct FreeList(AtomicPtr<Block>);

impl FreeList {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    /// A block, with whatever its last object left in it; null when there is none.
    pub(super) fn take(&self) -> *mut ffi::PyObject {
        // sync: free-list, Acquire pairs with the Release in `give`.
        let block = self.0.swap(null_mut(), Ordering::Acquire);
        // SAFETY: null, or a block that `give` filled and that is this thread's by the swap.
        if let Some(block) = unsafe { block.as_ref() } {
            // sync: free-list, Release pairs with the Acquire of whoever takes next.
            self.0.store(block.next, Ordering::Release);
        }
        block.cast()
    }

    /// Keeps a block; false when there are enough, or none may be kept.
    ///
    /// # Safety
    ///
    /// The block is the memory of a dead, untracked object of this list's class, with room for
    /// two words behind the head, and the caller's alone. Its finalizer never ran.
    pub(super) unsafe fn give(&self, block: *mut ffi::PyObject) -> bool {
        // Without the GIL the allocator keeps an owner in each object's head.
        if cfg!(Py_GIL_DISABLED) {
            return false;
        }
        let block = block.cast::<Block>();
        // sync: free-list, Acquire pairs with the Release below.
        let next = self.0.swap(null_mut(), Ordering::Acquire);
        // SAFETY: null, or a block that an earlier call filled, now this thread's.
        let count = unsafe { next.as_ref() }.map_or(0, |next| next.count);
        if count >= MOST {
            // sync: free-list, Release pairs with the Acquire in `take`.
            self.0.store(next, Ordering::Release);
            return false;
        }
        // SAFETY: the caller's memory, with room behind the head.
        let place = unsafe { &raw mut (*block).next };
        // SAFETY: as above.
        unsafe { place.write(next) };
        // SAFETY: as above.
        let place = unsafe { &raw mut (*block).count };
        // SAFETY: as above.
        unsafe { place.write(count + 1) };
        // sync: free-list, Release pairs with the Acquire in `take`.
        self.0.store(block, Ordering::Release);
        true
    }
}
