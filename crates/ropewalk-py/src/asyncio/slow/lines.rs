//! From an instruction to its line, by the table that CPython 3.11 and later keep with code.
//! Promise: any bytes are taken; what is no such table gives `None` or a line that means nothing.

/// An entry begins with a byte that has this bit; no other byte of it has.
const BEGINS: u8 = 0x80;
/// In a number: more of it follows.
const CONTINUES: u8 = 0x40;

/// The line of the instruction that begins at byte `at` of the code, whose `def` is in `first`.
pub(super) fn line_of(table: &[u8], first: i32, at: usize) -> Option<i32> {
    let mut line = first;
    let mut end = 0_usize;
    let mut rest = table;
    while let [head, tail @ ..] = rest {
        if head & BEGINS == 0 {
            return None;
        }
        let length = tail.iter().take_while(|byte| **byte & BEGINS == 0).count();
        let kind = (head >> 3) & 15;
        line = line.wrapping_add(change(kind, &tail[..length]));
        // Two bytes for each unit of code.
        end += (usize::from(head & 7) + 1) * 2;
        if at < end {
            // Kind 15 is code that no line of the source stands for.
            return (kind != 15).then_some(line);
        }
        rest = &tail[length..];
    }
    None
}

/// By how much an entry moves on from the line of the one before.
fn change(kind: u8, entry: &[u8]) -> i32 {
    match kind {
        10..=12 => i32::from(kind) - 10,
        13 | 14 => signed(entry),
        _ => 0,
    }
}

/// The number at the beginning: six bits a byte, the lowest first; the lowest bit is the sign.
fn signed(bytes: &[u8]) -> i32 {
    let mut value = 0_i32;
    let mut shift = 0;
    for byte in bytes.iter().take(5) {
        value |= i32::from(byte & (CONTINUES - 1)) << shift;
        shift += 6;
        if byte & CONTINUES == 0 {
            break;
        }
    }
    if value & 1 == 0 {
        value >> 1
    } else {
        -(value >> 1)
    }
}
