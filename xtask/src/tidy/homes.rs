//! Some things have one home: model checking and std's sharing in the facade, the operating
//! system in `sys`, Python in the binding. Nowhere else may name them.
//!
//! Promise: only shipped code is held to it; a test may use whatever it needs.

use super::breach::Breach;
use super::lexer::words;
use super::tree::{Kind, RustFile};

struct Home {
    crate_name: &'static str,
    what: &'static str,
    names: fn(&str) -> bool,
}

const HOMES: [Home; 4] = [
    Home {
        crate_name: "ropewalk-facade",
        what: "cfg(loom)",
        names: names_loom,
    },
    Home {
        crate_name: "ropewalk-facade",
        what: "std's atomics and Condvar",
        names: names_sharing,
    },
    Home {
        crate_name: "ropewalk-sys",
        what: "libc or rustix",
        names: names_system,
    },
    Home {
        crate_name: "ropewalk-py",
        what: "pyo3",
        names: names_python,
    },
];

/// Lines that name what lives in another crate.
pub(super) fn check(crate_name: &str, source: &RustFile) -> Vec<Breach> {
    if source.kind != Kind::Library {
        return Vec::new();
    }
    let strange = HOMES.iter().filter(|home| home.crate_name != crate_name);
    strange
        .flat_map(|home| {
            let named = source
                .numbered()
                .filter(|(_, line)| (home.names)(&line.code));
            named.map(|(number, _)| {
                let what = format!("{} lives in {} only", home.what, home.crate_name);
                Breach::new("home", &source.path, number, what)
            })
        })
        .collect()
}

fn names_loom(code: &str) -> bool {
    code.contains("cfg") && words(code).any(|word| word == "loom")
}

fn names_sharing(code: &str) -> bool {
    let paths = ["std::sync::atomic", "core::sync::atomic"];
    let condvar = code.contains("std::sync") && words(code).any(|word| word == "Condvar");
    condvar || paths.iter().any(|path| code.contains(path))
}

fn names_system(code: &str) -> bool {
    has_path(code, "libc") || has_path(code, "rustix")
}

fn names_python(code: &str) -> bool {
    has_path(code, "pyo3")
}

/// `name::...`, `use name;` or `use name as ...`.
fn has_path(code: &str, name: &str) -> bool {
    let mut from = 0;
    while let Some(found) = code[from..].find(name) {
        let (start, end) = (from + found, from + found + name.len());
        let begins = !code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let imported = code[..start].trim_end().ends_with("use") && !code[end..].starts_with('_');
        if begins && (code[end..].starts_with("::") || imported) {
            return true;
        }
        from = end;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::RustFile;

    fn breaches(crate_name: &str, code: &str) -> usize {
        check(crate_name, &RustFile::new("crates/x/src/a.rs", code)).len()
    }

    #[test]
    fn each_thing_has_one_home() {
        for (home, code) in [
            ("ropewalk-facade", "#[cfg(all(test, loom))]"),
            ("ropewalk-facade", "use std::sync::atomic::AtomicU32;"),
            ("ropewalk-facade", "use std::sync::{Condvar, Mutex};"),
            ("ropewalk-sys", "libc::getpid()"),
            ("ropewalk-sys", "use rustix as r;"),
            ("ropewalk-py", "use pyo3::prelude::*;"),
        ] {
            assert_eq!(breaches(home, code), 0, "{code}");
            assert_eq!(breaches("ropewalk-queue", code), 1, "{code}");
        }
    }

    #[test]
    fn words_alike_do_not_count() {
        for code in [
            "let libc = 1;",
            "my_libc::f()",
            "// libc::getpid()",
            "use loom_like::x;",
        ] {
            assert_eq!(breaches("ropewalk-queue", code), 0, "{code}");
        }
    }

    #[test]
    fn tests_may_use_anything() {
        let source = RustFile::new("crates/x/tests/a.rs", "#![cfg(loom)]\nuse libc::c_int;\n");
        assert!(check("ropewalk-queue", &source).is_empty());
    }
}
