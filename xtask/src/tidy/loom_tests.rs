//! A crate that builds on atomics, a futex or a lock over one shows its interleavings to loom: `tests/loom*.rs`.

use super::breach::Breach;
use super::lexer::Line;
use super::tree::{Kind, RustFile};

/// The facade re-exports atomics and holds no protocol; the binding only translates.
const WITHOUT_PROTOCOL: [&str; 3] = ["ropewalk-facade", "ropewalk-py", "xtask"];

/// A crate with atomics and no loom test.
pub(super) fn check(crate_name: &str, sources: &[RustFile]) -> Option<Breach> {
    if WITHOUT_PROTOCOL.contains(&crate_name) || sources.iter().any(is_loom_test) {
        return None;
    }
    let shipped = sources.iter().filter(|source| source.kind == Kind::Library);
    let user = shipped
        .into_iter()
        .find(|source| source.lines.iter().any(uses_atomics))?;
    Some(Breach::new(
        "loom",
        &user.path,
        1,
        "shares state between threads, but the crate has no tests/loom*.rs",
    ))
}

fn is_loom_test(source: &RustFile) -> bool {
    source.path.contains("/tests/loom")
}

/// Words of our own that stand for shared state as an atomic does.
const SHARED: [&str; 2] = ["Futex", "ShortLock"];

fn uses_atomics(line: &Line) -> bool {
    let mut words = line.code.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        let atomic = word
            .strip_prefix("Atomic")
            .is_some_and(|kind| !kind.is_empty());
        atomic || SHARED.contains(&word)
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::RustFile;

    #[test]
    fn atomics_ask_for_a_loom_test() {
        let lib = || RustFile::new("crates/x/src/a.rs", "state: AtomicU32,\n");
        assert!(check("x", &[lib()]).is_some());
        assert!(check("x", &[RustFile::new("crates/x/src/a.rs", "word: Futex,\n")]).is_some());
        assert!(check("x", &[lib(), RustFile::new("crates/x/tests/loom.rs", "")]).is_none());
        assert!(
            check(
                "x",
                &[RustFile::new("crates/x/src/a.rs", "let atomic = 1;\n")]
            )
            .is_none()
        );
    }
}
