//! The arrows between crates are law: who may know whom, down to the third-party
//! crates of the core. Development dependencies count.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail a test"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

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

/// The one in-house crate every adapter may name.
const PORTS: &str = "aftermatch-ports";

/// What goes over the wire, without anything that sends it: all that it may name.
const PROTOCOL: (&str, &[&str]) = (
    "aftermatch-protocol",
    &[
        PORTS,
        "jsonschema",
        "proptest",
        "schemars",
        "serde",
        "serde_json",
        "time",
    ],
);

/// The adapters that clients talk to: they may name the protocol, too.
const DRIVING: [&str; 2] = ["aftermatch-http", "aftermatch-websocket"];

/// A Postgres for tests: only tests may name it, and of ours it names the ports
/// alone.
const TESTDB: &str = "aftermatch-testdb";

/// The load tool, which stands outside: it meets the service as a client does.
const TOOL: &str = "aftermatch-bench";

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
fn core_and_protocol_name_only_what_they_may() {
    let metadata = workspace();
    let packages: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    for (name, allowed) in CORE.into_iter().chain([PROTOCOL]) {
        let package = packages
            .get(name)
            .unwrap_or_else(|| panic!("there is no crate {name}"));
        let allowed: BTreeSet<_> = allowed.iter().copied().collect();
        let others: Vec<_> = named(package).difference(&allowed).copied().collect();
        assert!(others.is_empty(), "{name} must not know {others:?}");
    }
}

#[test]
fn adapter_names_no_other_adapter() {
    let metadata = workspace();
    let mut adapters = 0;
    for package in &metadata.packages {
        if !package.manifest_path.as_str().contains("/adapters/") {
            continue;
        }
        adapters += 1;
        let driving = DRIVING.contains(&package.name.as_str());
        let allowed =
            |name: &str| [PORTS, TESTDB].contains(&name) || (driving && name == PROTOCOL.0);
        let ours: Vec<_> = named(package)
            .into_iter()
            .filter(|name| name.starts_with("aftermatch") && !allowed(name))
            .collect();
        assert!(ours.is_empty(), "{} must not know {ours:?}", package.name);
    }
    assert!(adapters > 0, "the adapters live in adapters/");
}

#[test]
fn the_load_tool_and_the_service_know_nothing_of_each_other() {
    for package in &workspace().packages {
        let named = named(package);
        if package.name.as_str() == TOOL {
            let ours: Vec<_> = named
                .into_iter()
                .filter(|name| name.starts_with("aftermatch"))
                .collect();
            assert!(ours.is_empty(), "{TOOL} must not know {ours:?}");
        } else {
            assert!(!named.contains(TOOL), "{} must not know it", package.name);
        }
    }
}

#[test]
fn a_postgres_for_tests_is_for_tests() {
    for package in &workspace().packages {
        if package.name.as_str() == TESTDB {
            let mut named = named(package).into_iter();
            let ours = named.find(|name| name.starts_with("aftermatch") && *name != PORTS);
            assert_eq!(ours, None, "{TESTDB} must not know it");
        }
        let product = package.dependencies.iter().find(|dependency| {
            dependency.name == TESTDB && dependency.kind != DependencyKind::Development
        });
        assert!(product.is_none(), "{} must not know it", package.name);
    }
}

#[test]
fn every_crate_stands_in_a_ring() {
    for package in &workspace().packages {
        let name = package.name.as_str();
        let core = CORE.iter().any(|(known, _)| *known == name);
        let adapter = package.manifest_path.as_str().contains("/adapters/");
        assert!(
            core || adapter || ["aftermatch", TOOL, TESTDB].contains(&name),
            "{name} stands in no ring: give it its law"
        );
    }
}
