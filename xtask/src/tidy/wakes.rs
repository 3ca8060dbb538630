//! Wakes are gathered and made by `ropewalk_park::Wakes` alone: no crate above `park` walks over them
//! by hand.
//!
//! Promise: only shipped code is held to it. A name counts as that of wakes when one of its words is
//! `wake` or `wakes`; a waker (std's, of a Rust task) is none.

use super::breach::Breach;
use super::lexer::{Line, words};
use super::tree::{Kind, RustFile};

/// Where the walk over wakes lives.
const HOME: &str = "ropewalk-park";

/// Walks over wakes, and collections of them, outside their home.
pub(super) fn check(crate_name: &str, source: &RustFile) -> Vec<Breach> {
    if crate_name == HOME || source.kind != Kind::Library {
        return Vec::new();
    }
    let by_hand = source.numbered().filter(|(_, line)| is_by_hand(line));
    by_hand
        .map(|(number, _)| {
            let what = "gathers or makes wakes by hand: ropewalk_park::Wakes does";
            Breach::new("wakes", &source.path, number, what)
        })
        .collect()
}

fn is_by_hand(line: &Line) -> bool {
    let code: String = line.code.split_whitespace().collect::<Vec<_>>().join(" ");
    is_each(&code) || is_loop(&code) || is_collection(&code)
}

/// `for_each(Wakes::now)` and the like: the method as a function.
fn is_each(code: &str) -> bool {
    ["Wake::now", "Wakes::now"].iter().any(|path| {
        code.match_indices(path)
            .any(|(at, _)| !code[at + path.len()..].starts_with('('))
    })
}

/// `for wake in ...`, `if let Some(wake) = ...`, `while let Some(wake) = ...`.
fn is_loop(code: &str) -> bool {
    let takes_one = ["for wake in", "Some(wake) =", "Some(wakes) ="];
    takes_one.iter().any(|words| code.contains(words)) || is_for_over_wakes(code)
}

fn is_for_over_wakes(code: &str) -> bool {
    let walked = code
        .strip_prefix("for ")
        .and_then(|rest| rest.split_once(" in "));
    walked.is_some_and(|(_, over)| words(over).any(|word| word == "wakes"))
}

/// `Vec<Wakes>`, `Option<Wake>` and the like.
fn is_collection(code: &str) -> bool {
    ["Wake>", "Wakes>"].iter().any(|end| {
        code.match_indices(end).any(|(at, _)| {
            ["Vec<", "VecDeque<", "Option<"]
                .iter()
                .any(|of| code[..at].ends_with(of))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::RustFile;

    fn breaches(crate_name: &str, code: &str) -> usize {
        check(crate_name, &RustFile::new("crates/x/src/a.rs", code)).len()
    }

    #[test]
    fn wakes_are_walked_over_in_park_only() {
        for code in [
            "wakes.into_iter().for_each(Wake::now);",
            "all.drain(..).for_each(Wakes::now);",
            "for wake in told {",
            "for one in self.wakes.drain(..) {",
            "if let Some(wake) = wake {",
            "owed: Vec<Wake>,",
            "fn tell(&mut self) -> Option<Wakes> {",
        ] {
            assert_eq!(breaches("ropewalk-queue", code), 1, "{code}");
            assert_eq!(breaches("ropewalk-park", code), 0, "{code}");
        }
    }

    #[test]
    fn making_them_and_what_is_called_alike_is_allowed() {
        for code in [
            "wakes.now();",
            "let (wakes, callbacks) = owed;",
            "// for wake in told",
            "if let Some(waker) = waker {",
            "for waker in wakers {",
            "fn tell(&mut self) -> Wakes {",
            "wake: Wake,",
        ] {
            assert_eq!(breaches("ropewalk-queue", code), 0, "{code}");
        }
    }

    #[test]
    fn a_test_may_look_at_each() {
        let source = RustFile::new("crates/x/tests/a.rs", "for wake in wakes {}\n");
        assert!(check("ropewalk-queue", &source).is_empty());
    }
}
