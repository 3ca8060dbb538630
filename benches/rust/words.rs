//! Command lines of the form `--name value`, for the programs of this crate.
//!
//! Promise: a word that nobody asked for is an error, so that a misspelt option is seen.

use std::collections::BTreeMap;
use std::env;
use std::str::FromStr;

/// The words of a command line that were not asked for yet.
#[derive(Debug)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// Takes the program's arguments apart.
    pub fn from_command_line() -> Result<Self, String> {
        let mut found = BTreeMap::new();
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word
                .strip_prefix("--")
                .ok_or(format!("{word}: no --name"))?;
            let value = words.next().ok_or(format!("{word}: no value"))?;
            found.insert(name.to_owned(), value);
        }
        Ok(Self(found))
    }

    /// The number after `--name`; `default` when it is not given.
    pub fn number<T: FromStr>(&mut self, name: &str, default: Option<T>) -> Result<T, String> {
        match (self.0.remove(name), default) {
            (Some(word), _) => word
                .parse()
                .map_err(|_| format!("--{name} {word}: no number")),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(format!("--{name} is missing")),
        }
    }
}

/// An error that names the words that nobody asked for.
pub fn nothing_left(words: &Words) -> Result<(), String> {
    match words.0.keys().next() {
        Some(name) => Err(format!("--{name}: no such option")),
        None => Ok(()),
    }
}
