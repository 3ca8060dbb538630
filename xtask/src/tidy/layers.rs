//! A crate uses only crates of lower layers, and foreign crates with one home stay there.

use super::breach::Breach;
use super::crates::Member;

/// From the ground up; a crate may use only what stands in an earlier line.
const LAYERS: [&[&str]; 8] = [
    &["ropewalk-facade"],
    &["ropewalk-sys"],
    &["ropewalk-park"],
    &["ropewalk-census"],
    &[
        "ropewalk-sync",
        "ropewalk-queue",
        "ropewalk-future",
        "ropewalk-ipc",
    ],
    &["ropewalk-reactor"],
    &["ropewalk-pool", "ropewalk-manager"],
    &["ropewalk", "ropewalk-py"],
];

/// Foreign crates that only one of ours may ship with.
const FOREIGN: [(&str, &str); 3] = [
    ("libc", "ropewalk-sys"),
    ("rustix", "ropewalk-sys"),
    ("pyo3", "ropewalk-py"),
];

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&name))
}

/// Dependencies that point sideways or up, strange crates, and crates without a layer.
pub(super) fn check(members: &[Member]) -> Vec<Breach> {
    let breach = |member: &Member, what: String| {
        Breach::new(
            "layer",
            &format!("crates/{}/Cargo.toml", member.name),
            1,
            what,
        )
    };
    let mut breaches = Vec::new();
    for member in members
        .iter()
        .filter(|member| member.name.starts_with("ropewalk"))
    {
        let Some(own) = layer(&member.name) else {
            // Benches stand outside: nothing may depend on them.
            if !member.name.ends_with("-bench") && !member.name.ends_with("-benches") {
                breaches.push(breach(
                    member,
                    "has no layer in xtask/src/tidy/layers.rs".to_owned(),
                ));
            }
            continue;
        };
        for used in &member.dependencies {
            if used.starts_with("ropewalk") && layer(used).is_none_or(|below| below >= own) {
                breaches.push(breach(
                    member,
                    format!("uses {used}, which is not below it"),
                ));
            }
            if FOREIGN
                .iter()
                .any(|(name, home)| name == used && *home != member.name)
            {
                breaches.push(breach(
                    member,
                    format!("ships with {used}, which lives elsewhere"),
                ));
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::crates::Member;

    fn member(name: &str, dependencies: &[&str]) -> Member {
        let dependencies = dependencies.iter().map(|&d| d.to_owned()).collect();
        Member {
            name: name.to_owned(),
            folder: "/w".into(),
            dependencies,
        }
    }

    #[test]
    fn downwards_is_right() {
        let members = [
            member("ropewalk-sys", &["ropewalk-facade", "libc"]),
            member("ropewalk-py", &["ropewalk-queue", "pyo3"]),
        ];
        assert!(check(&members).is_empty());
    }

    #[test]
    fn upwards_and_sideways_are_wrong() {
        assert_eq!(
            check(&[member("ropewalk-park", &["ropewalk-queue"])]).len(),
            1
        );
        assert_eq!(
            check(&[member("ropewalk-queue", &["ropewalk-sync"])]).len(),
            1
        );
    }

    #[test]
    fn a_strange_crate_and_an_unknown_layer_are_told() {
        assert_eq!(check(&[member("ropewalk-queue", &["libc"])]).len(), 1);
        assert_eq!(check(&[member("ropewalk-novel", &[])]).len(), 1);
    }
}
