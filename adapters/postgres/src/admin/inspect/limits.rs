//! How many connections the service may have, and how many it needs.

use super::{Fact, finding::Finding, server::Server};

/// Besides those of the pool: one writes, one listens.
const BESIDES_POOL: u32 = 2;

/// A limit of the server.
struct Limit {
    /// Whose limit it is.
    of: String,
    /// `None`: there is none.
    connections: Option<u32>,
    /// The statement that gives it another value, up to the value.
    change: String,
}

/// The limits that apply to the role. Those of roles and databases do not hold for
/// superusers, and -1 means that there is none.
fn limits(server: &Server) -> [Limit; 3] {
    let Server { role, database, .. } = server;
    let own = |limit: i32| u32::try_from(limit).ok().filter(|_| !server.is_superuser);
    let reserved = if server.is_superuser {
        0
    } else {
        server.reserved
    };
    let of_server = server.max_connections.saturating_sub(reserved);
    [
        Limit {
            of: format!("the role {role}"),
            connections: own(server.role_limit),
            change: format!("ALTER ROLE {role} CONNECTION LIMIT"),
        },
        Limit {
            of: format!("the database {database}"),
            connections: own(server.database_limit),
            change: format!("ALTER DATABASE {database} CONNECTION LIMIT"),
        },
        Limit {
            of: "the server".to_owned(),
            connections: Some(u32::try_from(of_server).unwrap_or(0)),
            change: "ALTER SYSTEM SET max_connections =".to_owned(),
        },
    ]
}

pub(super) fn fact(server: &Server, pool: u32) -> Fact {
    let limits = limits(server).map(|limit| match limit.connections {
        Some(connections) => format!("{} allows {connections}", limit.of),
        None => format!("{} has no limit", limit.of),
    });
    let needed = pool.saturating_add(BESIDES_POOL);
    (
        "connections",
        format!("{needed} are needed; {}", limits.join(", ")),
    )
}

pub(super) fn findings(server: &Server, pool: u32) -> Vec<Finding> {
    let needed = pool.saturating_add(BESIDES_POOL);
    let findings = limits(server).into_iter().filter_map(|limit| {
        let Limit {
            of,
            connections,
            change,
        } = limit;
        let allowed = connections.filter(|allowed| *allowed <= needed)?;
        let reserved = if of == "the server" {
            server.reserved
        } else {
            0
        };
        // One to spare, so that a migration or a check can connect beside a service.
        let better = i64::from(needed) + 1 + i64::from(reserved);
        Some(if allowed < needed {
            Finding::permanent(format!(
                "{of} allows {allowed} connections, and the service needs {needed} \
                 (CHAT_DATABASE_POOL and {BESIDES_POOL}): `{change} {better}`, or lower \
                 CHAT_DATABASE_POOL"
            ))
        } else {
            Finding::warning(format!(
                "{of} allows {allowed} connections, as many as the service needs: none is left for \
                 `aftermatch migrate` or a second process. Better: `{change} {better}`"
            ))
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::inspect::{finding::Severity, server::tests::good};

    fn found(server: Server) -> Vec<(Severity, String)> {
        let findings = findings(&server, 8).into_iter();
        findings
            .map(|finding| (finding.severity, finding.sentence))
            .collect()
    }

    #[test]
    fn no_limit_or_a_high_one_is_enough() {
        for limit in [-1, 11, 1000] {
            let server = Server {
                role_limit: limit,
                database_limit: limit,
                max_connections: 14,
                ..good()
            };
            assert_eq!(found(server), [], "{limit}");
        }
    }

    #[test]
    fn each_limit_can_be_too_low() {
        let role = Server {
            role_limit: 4,
            ..good()
        };
        let database = Server {
            database_limit: 9,
            ..good()
        };
        let server = Server {
            max_connections: 12,
            ..good()
        };
        for (server, change) in [
            (role, "`ALTER ROLE aftermatch CONNECTION LIMIT 11`"),
            (database, "`ALTER DATABASE chat CONNECTION LIMIT 11`"),
            (server, "`ALTER SYSTEM SET max_connections = 14`"),
        ] {
            let found = found(server);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, Severity::Permanent, "{found:?}");
            assert!(found[0].1.contains(change), "{found:?}");
            assert!(found[0].1.contains("needs 10"), "{found:?}");
        }
    }

    #[test]
    fn just_enough_is_a_warning() {
        let found = found(Server {
            role_limit: 10,
            ..good()
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, Severity::Warning, "{found:?}");
    }

    #[test]
    fn superuser_has_no_limit_of_its_own() {
        let found = found(Server {
            is_superuser: true,
            role_limit: 4,
            database_limit: 4,
            max_connections: 11,
            ..good()
        });
        assert_eq!(found, []);
    }
}
