//! The stack of a thread that does not let go of the interpreter.
//!
//! Promise: only the kernel touches what is read, so that memory that goes away or changes
//! meanwhile gives a wrong answer at worst; every loop is bounded.

use super::layout::{
    self, BYTES_DATA, FUNCTION_MODULE, FUNCTION_OWNER, FUNCTION_TABLE, LENGTH, Layout, TEXT_STATE,
    TYPE, TYPE_NAME,
};
use super::lines;
use super::stack::Place;
use ropewalk_sys::read_bytes;

/// More frames than a reader reads; also the end of a circle.
const MOST_FRAMES: usize = 64;
/// No file name or line table is longer; what claims to be is none.
const MOST_BYTES: usize = 1 << 18;
/// No function of C is called by a longer name.
const LONGEST_NAME: usize = 200;

/// How to read stacks in this interpreter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    layout: &'static Layout,
    /// Address of the type of code objects.
    code_type: usize,
    /// Addresses of the types of functions that are written in C.
    function_types: [usize; 2],
}

impl Reader {
    /// The one for this minor version of Python 3, if there is one.
    pub(super) fn new(minor: u8, code_type: usize, function_types: [usize; 2]) -> Option<Self> {
        Some(Self {
            layout: layout::of(minor)?,
            code_type,
            function_types,
        })
    }

    /// The name of the C function at this address, with that of its module or of its object's type.
    pub(super) fn function(self, address: usize) -> Option<String> {
        self.function_types
            .contains(&word(address, TYPE)?)
            .then_some(())?;
        let name = plain_text(word(word(address, FUNCTION_TABLE)?, 0)?)?;
        let owner = match word(address, FUNCTION_MODULE)? {
            0 => plain_text(word(
                word(word(address, FUNCTION_OWNER)?, TYPE)?,
                TYPE_NAME,
            )?)?,
            module => self.text(module)?,
        };
        Some(format!("{owner}.{name}"))
    }

    /// Address of the innermost frame of the thread with its state at this address.
    pub(super) fn innermost(self, thread_state: usize) -> Option<usize> {
        self.layout
            .thread_to_frame
            .iter()
            .try_fold(thread_state, |address, offset| word(address, *offset))
            .filter(|frame| *frame != 0)
    }

    /// What runs in that thread, the innermost place first, as far as the frame `outermost`,
    /// which is not told of.
    pub(super) fn stack(self, thread_state: usize, outermost: usize) -> Vec<Place> {
        let mut places = Vec::new();
        let mut next = self.innermost(thread_state);
        for _ in 0..MOST_FRAMES {
            let Some(frame) = next.filter(|frame| *frame != outermost) else {
                break;
            };
            // Frames of the interpreter itself have no code of a program.
            places.extend(self.place(frame));
            next = word(frame, self.layout.frame_outer).filter(|outer| *outer != 0);
        }
        places
    }

    /// Where this frame stands.
    pub(super) fn place(self, frame: usize) -> Option<Place> {
        let code = word(frame, self.layout.frame_code)? & !self.layout.code_marks;
        if word(code, TYPE)? != self.code_type {
            return None;
        }
        let file = self.text(word(code, self.layout.code_file)?)?;
        // The trampolines of the interpreter have code too.
        let inside = file.starts_with("<shim") || file.is_empty();
        (!inside).then_some(())?;
        Some(Place {
            line: self.line(frame, code).unwrap_or(0),
            function: self.text(word(code, self.layout.code_name)?)?,
            file,
        })
    }

    fn line(self, frame: usize, code: usize) -> Option<i32> {
        let instruction = word(frame, self.layout.frame_instruction)?;
        let at = instruction.checked_sub(code.wrapping_add(self.layout.code_instructions))?;
        let mut first = [0; size_of::<i32>()];
        read_bytes(code.wrapping_add(self.layout.code_first_line), &mut first).then_some(())?;
        let table = word(code, self.layout.code_lines)?;
        let table = bytes(table.wrapping_add(BYTES_DATA), word(table, LENGTH)?)?;
        lines::line_of(&table, i32::from_ne_bytes(first), at)
    }

    /// The text object at this address.
    fn text(self, object: usize) -> Option<String> {
        let state = word(object, TEXT_STATE)?;
        let length = word(object, LENGTH)?;
        let (width, compact, ascii) = ((state >> 2) & 7, (state >> 5) & 1, (state >> 6) & 1);
        if compact == 0 {
            return None;
        }
        let start = match ascii {
            1 => self.layout.text_ascii,
            _ => self.layout.text_other,
        };
        let raw = bytes(object.wrapping_add(start), length.checked_mul(width)?)?;
        let character = |unit: &[u8]| {
            let number = unit
                .iter()
                .rev()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
        };
        (width > 0).then(|| raw.chunks(width).map(character).collect())
    }
}

/// The characters at this address, as far as the zero that ends them.
fn plain_text(address: usize) -> Option<String> {
    let mut text = String::new();
    for at in 0..LONGEST_NAME {
        let mut byte = [0];
        read_bytes(address.wrapping_add(at), &mut byte).then_some(())?;
        match byte[0] {
            0 => return Some(text),
            letter => text.push(char::from(letter)),
        }
    }
    None
}

/// The word so far behind the address, which may be any number.
fn word(address: usize, offset: usize) -> Option<usize> {
    ropewalk_sys::read_word(address.wrapping_add(offset))
}

fn bytes(address: usize, length: usize) -> Option<Vec<u8>> {
    if length > MOST_BYTES {
        return None;
    }
    let mut copy = vec![0; length];
    (length == 0 || read_bytes(address, &mut copy)).then_some(copy)
}
