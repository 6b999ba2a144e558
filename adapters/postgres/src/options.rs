use std::time::Duration;

use sqlx::{Error, postgres::PgConnectOptions};

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Size of the connection pool. Writes and the relay have one connection each
    /// besides.
    pub pool: u32,
    /// Time limit of a statement. A request waits for at most about twice that.
    pub statement_timeout: Duration,
}

impl Options {
    pub(crate) fn connect_options(&self) -> Result<PgConnectOptions, Error> {
        check(&self.url).map_err(|why| Error::Configuration(why.into()))?;
        let options: PgConnectOptions = self.url.parse()?;
        // Nothing else at the start of a connection: invariant 1 of `session`.
        Ok(options
            .application_name("aftermatch")
            .extra_float_digits(None))
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
    let (address, _) = rest.split_once('?').unwrap_or((rest, ""));
    let (credentials, host) = address.rsplit_once('@').unwrap_or(("", address));
    if credentials.contains(['@', '#', '/', '[', ']']) || host.contains('#') {
        return Err(
            "the user or the password in the address of the database has a character with a \
             meaning of its own: write it encoded, @ as %40, # as %23, / as %2F, : as %3A, ? as %3F",
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
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
