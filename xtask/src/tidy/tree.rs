//! Finds the source files of a folder and takes them apart.
//!
//! Promise: files come in the order of their names, so that two runs print the same.

use super::lexer::{self, Line};
use super::python;
use std::fs;
use std::path::{Path, PathBuf};

/// What a file is for; rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Shipped: below `src/`.
    Library,
    /// Tests, benches, examples, build scripts.
    Other,
}

/// One Rust file, taken apart.
#[derive(Debug)]
pub(super) struct RustFile {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) lines: Vec<Line>,
}

impl RustFile {
    pub(super) fn new(path: &str, source: &str) -> Self {
        let kind = if path.contains("/src/") {
            Kind::Library
        } else {
            Kind::Other
        };
        Self {
            path: path.to_owned(),
            kind,
            lines: without_tests(lexer::split(source)),
        }
    }

    pub(super) fn code_lines(&self) -> usize {
        self.lines.iter().filter(|line| line.has_code()).count()
    }

    /// The lines with their numbers, counted from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines
            .iter()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// Cuts the file at its unit tests, which close it by custom.
fn without_tests(mut lines: Vec<Line>) -> Vec<Line> {
    let tests = lines.windows(2).position(|pair| {
        pair[0].code.trim().starts_with("#[cfg(test)]")
            && pair[1].code.trim().starts_with("mod tests {")
    });
    if let Some(index) = tests {
        lines.truncate(index);
    }
    lines
}

/// One Python file with its code lines counted.
#[derive(Debug)]
pub(super) struct PythonFile {
    pub(super) path: String,
    pub(super) source: python::Source,
}

impl PythonFile {
    pub(super) fn code_lines(&self) -> usize {
        self.source.code_lines
    }
}

/// All Rust files of the crate in `folder`.
pub(super) fn rust_files(root: &Path, folder: &Path) -> Result<Vec<RustFile>, String> {
    let read = |path| Ok(RustFile::new(&relative(root, path), &text(path)?));
    files(folder, "rs")?
        .iter()
        .map(|path| read(path.as_path()))
        .collect()
}

/// All Python files below `folder`, which need not exist.
pub(super) fn python_files(root: &Path, folder: &str) -> Result<Vec<PythonFile>, String> {
    let read = |path: &PathBuf| {
        let source = python::read(&text(path)?);
        Ok(PythonFile {
            path: relative(root, path),
            source,
        })
    };
    files(&root.join(folder), "py")?.iter().map(read).collect()
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.is_dir() {
            continue;
        }
        let error = |error| format!("cannot list {}: {error}", next.display());
        for entry in fs::read_dir(&next).map_err(error)? {
            let path = entry.map_err(error)?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && name != "target" && name != "__pycache__" && !name.starts_with('.')
            {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Kind, RustFile};

    #[test]
    fn unit_tests_do_not_count() {
        let file = RustFile::new(
            "c/src/a.rs",
            "fn a() {}\n\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n",
        );
        assert_eq!((file.code_lines(), file.kind), (1, Kind::Library));
    }

    #[test]
    fn what_lies_outside_src_is_not_shipped() {
        assert_eq!(RustFile::new("c/tests/a.rs", "").kind, Kind::Other);
    }
}
