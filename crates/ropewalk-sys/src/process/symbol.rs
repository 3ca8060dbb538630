//! Where a function of this process is, asked by its name when the program runs.
//! Promise: what is not there is no error, so a newer library's functions can be used where it has
//! them.

#![cfg_attr(unix, expect(unsafe_code, reason = "the dynamic linker's own table"))]

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

/// The address of a symbol that the program or one of its libraries exports; on systems other than
/// Unix, none.
///
/// ```
/// # #[cfg(unix)]
/// assert!(ropewalk_sys::symbol(c"malloc").is_some());
/// assert!(ropewalk_sys::symbol(c"no_such_function").is_none());
/// ```
#[must_use]
pub fn symbol(name: &CStr) -> Option<NonNull<c_void>> {
    #[cfg(unix)]
    {
        // SAFETY: the default handle, and a text that ends with zero.
        NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
    }
    #[cfg(not(unix))]
    {
        let _ = name;
        None
    }
}
