//! The arrows between crates are law: who may know whom, down to the third-party
//! crates of the core. Development dependencies count.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail a test")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// What each crate of the core may name, ours and others'.
const CORE: [(&str, &[&str]); 3] = [
    ("aftermatch-model", &["thiserror", "time"]),
    (
        "aftermatch-ports",
        &[
            "aftermatch-model",
            "async-trait",
            "mockall",
            "thiserror",
            "time",
        ],
    ),
    (
        "aftermatch-usecases",
        &[
            "aftermatch-ports",
            "async-trait",
            "mockall",
            "pollster",
            "time",
        ],
    ),
];

/// The one in-house crate an adapter may name.
const PORTS: &str = "aftermatch-ports";

fn workspace() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata works here")
}

fn named(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn the_core_names_nothing_but_what_it_may() {
    let metadata = workspace();
    let packages: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    for (name, allowed) in CORE {
        let package = packages
            .get(name)
            .unwrap_or_else(|| panic!("there is no crate {name}"));
        let allowed: BTreeSet<_> = allowed.iter().copied().collect();
        let others: Vec<_> = named(package).difference(&allowed).copied().collect();
        assert!(others.is_empty(), "{name} must not know {others:?}");
    }
}

#[test]
fn an_adapter_sees_the_ports_and_no_other_crate_of_ours() {
    let metadata = workspace();
    let mut adapters = 0;
    for package in &metadata.packages {
        if !package.manifest_path.as_str().contains("/adapters/") {
            continue;
        }
        adapters += 1;
        let ours: Vec<_> = named(package)
            .into_iter()
            .filter(|name| name.starts_with("aftermatch") && *name != PORTS)
            .collect();
        assert!(ours.is_empty(), "{} must not know {ours:?}", package.name);
    }
    assert!(adapters > 0, "the adapters live in adapters/");
}

#[test]
fn every_crate_stands_in_a_ring() {
    for package in &workspace().packages {
        let name = package.name.as_str();
        let core = CORE.iter().any(|(known, _)| *known == name);
        let adapter = package.manifest_path.as_str().contains("/adapters/");
        assert!(
            core || adapter || name == "aftermatch",
            "{name} stands in no ring: give it its law"
        );
    }
}
