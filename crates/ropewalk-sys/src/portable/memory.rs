//! What `memory/read.rs` offers, where there is no Linux kernel.
//! Promise: the same names; there is never an answer.

/// Always `None`: there is no safe way to look.
#[must_use]
pub fn read_word(_address: usize) -> Option<usize> {
    None
}

/// Always false: there is no safe way to look.
#[must_use]
pub fn read_bytes(_address: usize, _into: &mut [u8]) -> bool {
    false
}
