//! The head of a file says what it promises: `//!` in Rust, a docstring in Python.

use super::breach::Breach;
use super::tree::{PythonFile, RustFile};

/// A Rust file begins with `//!` (attributes may stand before it).
pub(super) fn check_rust(source: &RustFile) -> Option<Breach> {
    let told = source
        .lines
        .iter()
        .take_while(|line| !line.has_code() || line.code.trim().starts_with("#!["))
        .any(|line| line.comment.starts_with("//!"));
    (!told).then(|| {
        Breach::new(
            "head",
            &source.path,
            1,
            "no `//!` head that says what it promises",
        )
    })
}

/// A Python file begins with a docstring, unless it has no code at all.
pub(super) fn check_python(source: &PythonFile) -> Option<Breach> {
    let told = source.source.has_head || source.source.code_lines == 0;
    (!told).then(|| {
        Breach::new(
            "head",
            &source.path,
            1,
            "no docstring that says what it promises",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{check_python, check_rust};
    use crate::tidy::python;
    use crate::tidy::tree::{PythonFile, RustFile};

    #[test]
    fn a_rust_file_needs_its_head() {
        assert!(check_rust(&RustFile::new("c/src/a.rs", "use b;\n//! late\n")).is_some());
        assert!(
            check_rust(&RustFile::new(
                "c/src/a.rs",
                "#![cfg(loom)]\n//! Told.\nuse b;\n"
            ))
            .is_none()
        );
    }

    #[test]
    fn an_empty_python_file_needs_none() {
        let file = |text| PythonFile {
            path: "a.py".to_owned(),
            source: python::read(text),
        };
        assert!(check_python(&file("")).is_none());
        assert!(check_python(&file("x = 1\n")).is_some());
    }
}
