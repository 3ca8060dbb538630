//! A broken rule: which one, where, and in words that tell what to do.

/// The name under which `tidy.toml` excuses a rule.
pub(super) type Rule = &'static str;

/// One place where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) rule: Rule,
    /// Relative to the workspace's root, with `/`.
    pub(super) path: String,
    /// Counted from 1; 1 where the whole file or crate is meant.
    pub(super) line: usize,
    pub(super) what: String,
}

impl Breach {
    pub(super) fn new(rule: Rule, path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            rule,
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}
