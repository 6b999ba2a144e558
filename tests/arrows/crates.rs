//! Which crate may name which, down to the third-party crates of the core. Development
//! dependencies count.

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

/// What goes between processes, without anything that sends it.
const RELAY: (&str, &[&str]) = (
    "aftermatch-relay",
    &[PORTS, "parking_lot", "serde", "serde_json", "time", "tokio"],
);

/// The adapters that send it: they may name it, too.
const RELAYING: [&str; 2] = ["aftermatch-nats", "aftermatch-postgres"];

/// The adapters that clients talk to, and the one that talks to the platform: they may name the
/// protocol, too.
const SPEAKING: [&str; 4] = [
    "aftermatch-api",
    "aftermatch-http",
    "aftermatch-webhook",
    "aftermatch-websocket",
];

/// What reads records of the platform, from a file or from the body of a request: itself it
/// reads no file and no socket.
const WORLD: &str = "aftermatch-world";

/// The adapter to which the platform sends records: it may name it, too.
const READING: &str = "aftermatch-api";

/// A Postgres for tests. Any crate may name it for its tests; of our crates it names the
/// ports alone, so that the adapters can use it.
const TESTDB: &str = "aftermatch-testdb";

/// The harness of the tests of the whole service. It starts the service, so only the
/// tests of the service itself may name it.
const SUPPORT: &str = "aftermatch-test-support";

/// The service: it wires everything, and nothing but the harness may name it.
const SERVICE: &str = "aftermatch";

/// The load tool, which meets the service only as a client does.
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
fn core_and_protocol_name_only_allowed_crates() {
    let metadata = workspace();
    let packages: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    for (name, allowed) in CORE.into_iter().chain([PROTOCOL, RELAY]) {
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
        let speaking = SPEAKING.contains(&package.name.as_str());
        let relaying = RELAYING.contains(&package.name.as_str());
        let allowed = |name: &str| {
            [PORTS, TESTDB].contains(&name)
                || (speaking && name == PROTOCOL.0)
                || (package.name.as_str() == READING && name == WORLD)
                || (relaying && name == RELAY.0)
        };
        let ours: Vec<_> = named(package)
            .into_iter()
            .filter(|name| name.starts_with("aftermatch") && !allowed(name))
            .collect();
        assert!(ours.is_empty(), "{} must not know {ours:?}", package.name);
    }
    assert!(adapters > 0, "the adapters live in adapters/");
}

#[test]
fn load_tool_and_service_are_independent() {
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
fn test_database_is_named_by_tests_only() {
    let metadata = workspace();
    let packages = metadata.packages.iter();
    // The harness hands it on to the tests.
    for package in packages.filter(|package| package.name.as_str() != SUPPORT) {
        let mut dependencies = package.dependencies.iter();
        let product = dependencies.find(|dependency| {
            dependency.name == TESTDB && dependency.kind != DependencyKind::Development
        });
        assert!(product.is_none(), "{} must not know it", package.name);
        if package.name.as_str() == TESTDB {
            let mut named = named(package).into_iter();
            let ours = named.find(|name| name.starts_with("aftermatch") && *name != PORTS);
            assert_eq!(ours, None, "{TESTDB} must not know it");
        }
    }
}

#[test]
fn harness_is_named_by_service_tests_only() {
    for package in &workspace().packages {
        let name = package.name.as_str();
        let wrong = package.dependencies.iter().find(|dependency| {
            let by_test = dependency.kind == DependencyKind::Development && name == SERVICE;
            (dependency.name == SUPPORT && !by_test)
                || (dependency.name == SERVICE && name != SUPPORT)
        });
        let wrong = wrong.map(|dependency| dependency.name.as_str());
        assert_eq!(wrong, None, "{name} must not know it");
    }
}

#[test]
fn every_crate_has_a_ring() {
    for package in &workspace().packages {
        let name = package.name.as_str();
        let core = CORE.iter().any(|(known, _)| *known == name);
        let adapter = package.manifest_path.as_str().contains("/adapters/");
        assert!(
            core || adapter || [SERVICE, TOOL, SUPPORT, TESTDB].contains(&name),
            "{name} has no ring: give it a law"
        );
    }
}
