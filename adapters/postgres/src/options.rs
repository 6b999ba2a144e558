use std::time::Duration;

use sqlx::{
    Error,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::certificates;

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The same for a standby that is read in place of the primary.
    pub replica: Option<String>,
    /// Size of the connection pool. Writes and the relay have one connection each
    /// besides.
    pub pool: u32,
    /// Time limit of a statement. A request waits for at most about twice that.
    pub statement_timeout: Duration,
}

impl Options {
    /// How to connect. Refuses files that can never be used.
    pub(crate) fn connect_options(&self) -> Result<PgConnectOptions, Error> {
        let options = self.address()?;
        certificates::check(&options).map_err(Error::config)?;
        Ok(options)
    }

    /// How to connect to the replica, if there is one.
    pub(crate) fn connect_options_of_replica(&self) -> Result<Option<PgConnectOptions>, Error> {
        let replica = self.of_replica();
        replica.map(|options| options.connect_options()).transpose()
    }

    fn of_replica(&self) -> Option<Self> {
        Some(Self {
            url: self.replica.clone()?,
            ..self.clone()
        })
    }

    fn address(&self) -> Result<PgConnectOptions, Error> {
        check(&self.url).map_err(|why| Error::Configuration(why.into()))?;
        let options: PgConnectOptions = self.url.parse()?;
        // Nothing else at the start of a connection: invariant 1 of `session`.
        Ok(options
            .application_name("aftermatch")
            .extra_float_digits(None))
    }

    /// The address of the replica, as [`shown`](Self::shown).
    #[must_use]
    pub fn replica_shown(&self) -> Option<String> {
        self.of_replica()?.shown()
    }

    /// The address without the password. `None`: it is no valid address, so that nobody
    /// can say which part of it is the password.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        let options = self.address().ok()?;
        let (_, rest) = self.url.split_once("://")?;
        let credentials = rest
            .rsplit_once('@')
            .map_or("", |(credentials, _)| credentials);
        let has_password = credentials.contains(':') || rest.contains("password=");
        let password = if has_password { ":***" } else { "" };
        let server = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let user = options.get_username();
        let database = options.get_database().unwrap_or(user);
        let mode = ssl_mode(&options);
        Some(format!(
            "postgres://{user}{password}@{server}/{database}?sslmode={mode}"
        ))
    }
}

/// The mode in which TLS is used, as it is written in an address.
pub(crate) fn ssl_mode(options: &PgConnectOptions) -> &'static str {
    match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// Finds what sqlx would take for something else: it accepts any scheme, and ends the
/// password at the first character that has a meaning in an address.
fn check(url: &str) -> Result<(), &'static str> {
    let mut rests = ["postgres://", "postgresql://"]
        .iter()
        .filter_map(|scheme| url.strip_prefix(scheme));
    let rest = rests
        .next()
        .ok_or("the address of the database must begin with postgres://")?;
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (credentials, host) = address.rsplit_once('@').unwrap_or(("", address));
    if credentials.contains(['@', '#', '/', '[', ']']) || host.contains('#') || query.contains('@')
    {
        return Err(
            "the user or the password in the address of the database has a character with a \
             meaning of its own: write it encoded, @ as %40, # as %23, / as %2F, : as %3A, ? as %3F",
        );
    }
    // The name of a host that nobody can look up would be looked up again and again.
    let (host, _) = host.split_once('/').unwrap_or((host, ""));
    let is_of_host = |letter: char| letter.is_alphanumeric() || "-._:[]%".contains(letter);
    if !host.chars().all(is_of_host) {
        return Err(
            "the host in the address of the database has a character that no name of a host has. \
             Write one host, as host:port",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_with_plain_password_is_refused() {
        for good in [
            "postgres://chat@localhost/chat",
            "postgresql://chat:p%40ss%23w%2Frd@127.0.0.1:5432/chat?sslmode=disable",
            "postgres:///chat?host=/run/postgresql",
            "postgres://[::1]/chat",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "postgres://x:p@ss@127.0.0.1/x",
            "postgres://x:p@ss#w/rd@127.0.0.1/x",
            "postgres://x:p#ss@127.0.0.1/x",
            "postgres://x:p/ss@127.0.0.1/x",
            "mysql://x@127.0.0.1/x",
            "127.0.0.1/x",
            // The password is `12?ss`.
            "postgres://x:12?ss@127.0.0.1/x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn host_is_one_name() {
        for good in [
            "postgres://x@db-1.example_2.com/x",
            "postgres://x@%2Frun%2Fpostgresql/x",
            "postgres://x@[fe80::1%25eth0]:5432/x",
            "postgres://x@хост.рф/x",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "postgres://x@one,two/x",
            "postgres://x@db example/x",
            "postgres://x@$HOST/x",
            "postgres://x@<host>/x",
            "postgres://x@{{ host }}:5432/x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    fn shown(url: &str) -> Option<String> {
        Options {
            url: url.to_owned(),
            replica: None,
            pool: 1,
            statement_timeout: Duration::from_secs(1),
        }
        .shown()
    }

    #[test]
    fn password_is_never_shown() {
        for (url, expected) in [
            (
                "postgres://chat:p%40ss@db/chat?sslmode=require",
                "postgres://chat:***@db:5432/chat?sslmode=require",
            ),
            (
                "postgres://chat@db:6432/chat?sslmode=disable&password=p%40ss",
                "postgres://chat:***@db:6432/chat?sslmode=disable",
            ),
            (
                "postgresql://chat@localhost?sslmode=disable",
                "postgres://chat@localhost:5432/chat?sslmode=disable",
            ),
        ] {
            assert_eq!(shown(url).as_deref(), Some(expected));
        }
        for invalid in [
            "postgres://chat:p@ss@db/chat",
            "postgres//chat:p@ss@db/chat",
            "postgres://chat:pass@db:many/chat",
            "postgres://chat:p?ss@db/chat",
        ] {
            assert_eq!(shown(invalid), None, "{invalid}");
        }
    }
}
