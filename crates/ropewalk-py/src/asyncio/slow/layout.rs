//! Where CPython keeps what the stack of a thread is read from.
//! Promise: only offsets; whether they are right for the running interpreter is tried out before
//! they are relied on (see `remote.rs`), so a build that differs costs a report its stack.

/// Offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// From a thread's state to its innermost frame: each but the last is a pointer to follow.
    pub(super) thread_to_frame: &'static [usize],
    pub(super) frame_code: usize,
    /// Which bits of the code's address are no part of it.
    pub(super) code_marks: usize,
    pub(super) frame_outer: usize,
    /// Where the frame stands in its code: an address.
    pub(super) frame_instruction: usize,
    pub(super) code_file: usize,
    pub(super) code_name: usize,
    pub(super) code_first_line: usize,
    pub(super) code_lines: usize,
    /// Where the instructions begin, in the code object itself.
    pub(super) code_instructions: usize,
    /// Where the characters begin in a string of ASCII, and in any other.
    pub(super) text_ascii: usize,
    pub(super) text_other: usize,
}

const OF_3_11: Layout = Layout {
    thread_to_frame: &[56, 8],
    frame_code: 32,
    code_marks: 0,
    frame_outer: 48,
    frame_instruction: 56,
    code_file: 112,
    code_name: 128,
    code_first_line: 72,
    code_lines: 136,
    code_instructions: 184,
    text_ascii: 48,
    text_other: 72,
};

const OF_3_12: Layout = Layout {
    thread_to_frame: &[56, 0],
    frame_code: 0,
    frame_outer: 8,
    frame_instruction: 56,
    code_first_line: 68,
    code_instructions: 192,
    text_ascii: 40,
    text_other: 56,
    ..OF_3_11
};

const OF_3_13: Layout = Layout {
    thread_to_frame: &[72],
    code_instructions: 200,
    ..OF_3_12
};

// The same in 3.15, of which `OF_3_14` was tried out too.
const OF_3_14: Layout = Layout {
    code_marks: 0b11,
    code_instructions: 208,
    ..OF_3_13
};

/// The layout of this minor version of Python 3, where it is known.
pub(super) fn of(minor: u8) -> Option<&'static Layout> {
    match minor {
        11 => Some(&OF_3_11),
        12 => Some(&OF_3_12),
        13 => Some(&OF_3_13),
        14 | 15 => Some(&OF_3_14),
        _ => None,
    }
}

/// The same in every version: length of a string or bytes, state of a string, data of bytes.
pub(super) const LENGTH: usize = 16;
/// Bits 2 to 4: bytes per character. Bit 5: the characters follow at once. Bit 6: all ASCII.
pub(super) const TEXT_STATE: usize = 32;
/// Where the data of bytes begins.
pub(super) const BYTES_DATA: usize = 32;
/// Where an object's type stands, and a type's name.
pub(super) const TYPE: usize = 8;
pub(super) const TYPE_NAME: usize = 24;
/// Where a C function keeps what describes it (its name first), its object, and its module's name.
pub(super) const FUNCTION_TABLE: usize = 16;
pub(super) const FUNCTION_OWNER: usize = 24;
pub(super) const FUNCTION_MODULE: usize = 32;
