//! The server, the database and the role: what they are, and what they must be.

use std::time::Duration;

use sqlx::{Error, FromRow, PgConnection, postgres::PgConnectOptions};

use super::{Fact, finding::Finding, query::rows};

/// The oldest version that the tests run on.
const OLDEST: i32 = 15;

/// The names are ready to be used in SQL. Servers that are too old know all of this, too.
const SERVER: &str = "
    SELECT current_setting('server_version') AS version,
           current_setting('server_version_num')::int AS version_number,
           pg_encoding_to_char(d.encoding)::text AS encoding,
           quote_ident(d.datname) AS database, d.datconnlimit AS database_limit,
           quote_ident(r.rolname) AS role, r.rolsuper AS is_superuser,
           r.rolconnlimit AS role_limit,
           current_setting('max_connections')::int AS max_connections,
           current_setting('superuser_reserved_connections')::int
               + COALESCE(current_setting('reserved_connections', true)::int, 0) AS reserved,
           pg_is_in_recovery() AS is_standby,
           current_setting('default_transaction_read_only') = 'on' AS is_read_only,
           (SELECT version FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()) AS tls
    FROM pg_database d, pg_roles r
    WHERE d.datname = current_database() AND r.rolname = session_user";

#[derive(Debug, Clone, FromRow)]
pub(super) struct Server {
    pub(super) version: String,
    pub(super) version_number: i32,
    pub(super) encoding: String,
    pub(super) database: String,
    pub(super) database_limit: i32,
    pub(super) role: String,
    pub(super) is_superuser: bool,
    pub(super) role_limit: i32,
    pub(super) max_connections: i32,
    /// Connections for superusers, and for roles with a special right.
    pub(super) reserved: i32,
    pub(super) is_standby: bool,
    pub(super) is_read_only: bool,
    /// The version of TLS, if the connection uses it.
    pub(super) tls: Option<String>,
}

impl Server {
    pub(super) async fn read(
        connection: &mut PgConnection,
        limit: Duration,
    ) -> Result<Self, Error> {
        let rows = rows(connection, limit, SERVER).await?;
        Self::from_row(rows.first().ok_or(Error::RowNotFound)?)
    }

    pub(super) fn facts(&self) -> Vec<Fact> {
        let state = match (self.is_standby, self.is_read_only) {
            (true, _) => "a standby",
            (false, true) => "read-only by default",
            (false, false) => "a primary, writable",
        };
        let superuser = if self.is_superuser {
            ", a superuser"
        } else {
            ""
        };
        vec![
            ("server", format!("PostgreSQL {}, {state}", self.version)),
            ("TLS", self.tls.clone().unwrap_or("not used".to_owned())),
            ("role", format!("{}{superuser}", self.role)),
            ("encoding", self.encoding.clone()),
        ]
    }

    /// What is wrong with the server and the database themselves.
    pub(super) fn findings(&self, connect: &PgConnectOptions) -> Vec<Finding> {
        let checks = [
            self.version(),
            self.encoding(),
            self.writable(),
            self.tls(connect),
        ];
        checks.into_iter().flatten().collect()
    }

    fn version(&self) -> Option<Finding> {
        let is_old = self.version_number / 10_000 < OLDEST;
        is_old.then(|| {
            Finding::permanent(format!(
                "the server is PostgreSQL {}, which is too old: version {OLDEST} or newer is \
                 needed",
                self.version
            ))
        })
    }

    fn encoding(&self) -> Option<Finding> {
        let Self {
            database, encoding, ..
        } = self;
        (encoding != "UTF8").then(|| {
            Finding::permanent(format!(
                "the encoding of the database {database} is {encoding}, and must be UTF8: messages \
                 may have any character. Create another database, with \
                 `createdb --encoding=UTF8 --template=template0 NAME`"
            ))
        })
    }

    fn writable(&self) -> Option<Finding> {
        if self.is_standby {
            Some(Finding::transient(
                "the server is a standby, which accepts no writes: connect to the primary",
            ))
        } else if self.is_read_only {
            Some(Finding::transient(
                "the database is read-only by default: default_transaction_read_only must be off \
                 for the server, the database and the role",
            ))
        } else {
            None
        }
    }

    fn tls(&self, connect: &PgConnectOptions) -> Option<Finding> {
        let is_open = self.tls.is_none() && !is_local(connect);
        is_open.then(|| {
            let host = connect.get_host();
            Finding::warning(format!(
                "the connection to {host} does not use TLS: everybody on the way can read the \
                 messages. Add sslmode=verify-full to DATABASE_URL, unless the network is private"
            ))
        })
    }
}

/// Whether the server is on this machine.
fn is_local(connect: &PgConnectOptions) -> bool {
    let host = connect.get_host().trim_matches(['[', ']']);
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    connect.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::admin::inspect::finding::Severity;

    /// A server with which nothing is wrong.
    pub(in crate::admin::inspect) fn good() -> Server {
        Server {
            version: "17.2".to_owned(),
            version_number: 170_002,
            encoding: "UTF8".to_owned(),
            database: "chat".to_owned(),
            database_limit: -1,
            role: "aftermatch".to_owned(),
            is_superuser: false,
            role_limit: -1,
            max_connections: 100,
            reserved: 3,
            is_standby: false,
            is_read_only: false,
            tls: Some("TLSv1.3".to_owned()),
        }
    }

    fn at(url: &str) -> PgConnectOptions {
        url.parse().expect("an address")
    }

    fn found(server: &Server) -> Vec<(Severity, String)> {
        let findings = server.findings(&at("postgres://db.example.com/chat"));
        let findings = findings.into_iter();
        findings
            .map(|finding| (finding.severity, finding.sentence))
            .collect()
    }

    #[test]
    fn good_server_has_no_findings() {
        assert_eq!(found(&good()), []);
    }

    #[test]
    fn wrong_server_is_found() {
        let old = Server {
            version_number: 140_020,
            ..good()
        };
        let latin = Server {
            encoding: "WIN1251".to_owned(),
            ..good()
        };
        let standby = Server {
            is_standby: true,
            ..good()
        };
        let read_only = Server {
            is_read_only: true,
            ..good()
        };
        let open = Server {
            tls: None,
            ..good()
        };
        for (server, severity, part) in [
            (old, Severity::Permanent, "version 15 or newer"),
            (latin, Severity::Permanent, "createdb --encoding=UTF8"),
            (standby, Severity::Transient, "connect to the primary"),
            (
                read_only,
                Severity::Transient,
                "default_transaction_read_only",
            ),
            (open, Severity::Warning, "sslmode=verify-full"),
        ] {
            let found = found(&server);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, severity, "{found:?}");
            assert!(found[0].1.contains(part), "{found:?}");
        }
    }

    #[test]
    fn server_of_this_machine_needs_no_tls() {
        for (url, local) in [
            ("postgres://localhost/chat", true),
            ("postgres://127.0.0.1/chat", true),
            ("postgres://[::1]/chat", true),
            ("postgres:///chat?host=/run/postgresql", true),
            ("postgres://postgres/chat", false),
            ("postgres://10.0.0.1/chat", false),
        ] {
            assert_eq!(is_local(&at(url)), local, "{url}");
        }
    }
}
