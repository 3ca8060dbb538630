//! `cargo xtask tidy`: measures every crate and the Python trees, and fails on a broken rule.
//!
//! Promise: it reads the tree and prints; it never writes a file. A rule is broken either
//! visibly (exit status 1) or by an entry with a reason in `tidy.toml`, never silently.

mod tidy;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (text, code) = match words.as_slice() {
        ["tidy"] => match tidy::run(root()) {
            Ok(outcome) => (outcome.text, u8::from(!outcome.clean)),
            Err(message) => (format!("tidy: {message}\n"), 2),
        },
        _ => ("usage: cargo xtask tidy\n".to_owned(), 2),
    };
    // A reader that went away (`| head`) is no reason to fail.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(code)
}

/// The workspace's root: the folder above this crate's.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
