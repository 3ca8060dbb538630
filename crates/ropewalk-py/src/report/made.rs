//! Where an object was made. Promise: remembering costs a look at the innermost frame; words are
//! made of it only when somebody waits.

#![expect(
    unsafe_code,
    reason = "a line number, through CPython's function for it"
)]

use super::place::{Frame, write_file_and_line};
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_census::{Text, WHAT_BYTES};

/// The code that made an object, and the instruction in it.
#[derive(Debug, Default)]
pub(crate) struct MadeAt {
    /// No other object refers back from code, so the garbage collector need not know of it.
    code: Option<Py<PyAny>>,
    instruction: i32,
}

impl MadeAt {
    /// For objects that are too many to remember where each was made.
    pub(crate) const UNKNOWN: Self = Self {
        code: None,
        instruction: 0,
    };

    /// The place in the program that runs now.
    #[inline]
    pub(crate) fn here(py: Python<'_>) -> Self {
        match Frame::of_program(py) {
            None => Self::default(),
            Some(frame) => Self {
                instruction: frame.instruction(),
                code: Some(frame.code.unbind()),
            },
        }
    }

    /// `bank.py:12`, if it is known.
    pub(super) fn place(&self, py: Python<'_>) -> Option<PlaceText> {
        let code = self.code.as_ref()?.bind(py);
        // SAFETY: `code` came from a frame, so it is a code object; this is a pure look-up in it.
        let line = unsafe { ffi::PyCode_Addr2Line(code.as_ptr().cast(), self.instruction) };
        let mut text = Text::new();
        // A Text cuts what is too long and has no errors.
        let _ = write_file_and_line(&mut text, code, line);
        Some(PlaceText(text))
    }
}

/// A place in words.
pub(super) struct PlaceText(Text<WHAT_BYTES>);

impl std::fmt::Display for PlaceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}
