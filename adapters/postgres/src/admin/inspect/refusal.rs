//! Why there is no connection, in a sentence that says what to do.

use sqlx::{Error, postgres::PgConnectOptions};

use super::finding::Finding;
use crate::{
    certificates::Mistake,
    error::{can_pass, is_about_tls, reason},
    options::ssl_mode,
};

/// A finding about an error of the connection to `connect`.
pub(super) fn finding(error: &Error, connect: &PgConnectOptions) -> Finding {
    let advice = advice(error, connect);
    if can_pass(error) {
        Finding::transient(advice)
    } else {
        Finding::permanent(advice)
    }
}

/// A finding about the address in a setting that cannot be used.
pub(super) fn of_address(setting: &str, error: &Error) -> Finding {
    if let Error::Configuration(error) = error
        && let Some(mistake) = error.downcast_ref::<Mistake>()
    {
        return Finding::permanent(mistake.to_string());
    }
    Finding::permanent(format!(
        "{setting} is no address of a database: {}. Write \
         postgres://user:password@host:port/name",
        reason(error)
    ))
}

fn advice(error: &Error, connect: &PgConnectOptions) -> String {
    let (role, address) = (connect.get_username(), address(connect));
    let database = connect.get_database().unwrap_or(role);
    let reason = reason(error);
    let code = error.as_database_error().and_then(|error| error.code());
    match (error, code.as_deref()) {
        (error, _) if is_about_tls(error) => format!(
            "no connection with TLS to {address}: {reason}. DATABASE_URL asks for TLS with \
             sslmode={}: {}",
            ssl_mode(connect),
            tls_advice(&reason)
        ),
        (Error::Configuration(_), _) => reason,
        (_, Some("28P01")) => format!(
            "{address} refuses the password: {reason}. Correct it in DATABASE_URL, or set it with \
             `ALTER ROLE {role} PASSWORD '…'`"
        ),
        (_, Some("28000")) => format!(
            "{address} does not let the role {role} in: {reason}. Create the role, or allow it in \
             pg_hba.conf"
        ),
        (_, Some("3D000")) => format!(
            "{reason}: create it with `createdb --encoding=UTF8 --template=template0 {database}`, \
             or correct its name in DATABASE_URL"
        ),
        (_, Some("42501")) => format!(
            "the role {role} may not use the database {database}: {reason}. \
             `GRANT CONNECT ON DATABASE {database} TO {role}`"
        ),
        (_, Some(code)) if code.starts_with("53") => format!(
            "{address} has no room for another connection: {reason}. Those of a service that runs \
             count, too. Raise the limit, end other connections, or lower CHAT_DATABASE_POOL"
        ),
        _ if can_pass(error) => format!(
            "cannot reach the database at {address}: {reason}. Is it running, and is this the \
             right address?"
        ),
        _ => format!("cannot use the database at {address}: {reason}"),
    }
}

/// What to do if TLS is needed, and was refused for this reason of the driver.
fn tls_advice(reason: &str) -> &'static str {
    let has = |part| reason.contains(part);
    if has("UnknownIssuer") || has("BadSignature") {
        "the server's certificate is signed by an authority that is not trusted here: give that \
         authority's certificate with sslrootcert"
    } else if has("not valid for name") || has("NotValidForName") {
        "write the host for which the server's certificate was made, or sslmode=verify-ca"
    } else if has("expired") || has("Expired") {
        "renew the server's certificate, and look at the clocks"
    } else if has("support TLS") {
        "turn TLS on at the server, or, on a private network, write sslmode=disable"
    } else {
        "correct the certificates of the server, or those of sslrootcert, sslcert and sslkey"
    }
}

/// The server, as an operator would name it.
fn address(connect: &PgConnectOptions) -> String {
    match connect.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", connect.get_host(), connect.get_port()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use super::*;
    use crate::admin::inspect::finding::Severity;

    #[test]
    fn error_without_code_says_what_to_do() {
        let connect: PgConnectOptions = "postgres://chat@db/chat?sslmode=verify-full"
            .parse()
            .expect("an address");
        for (error, severity, parts) in [
            (
                Error::Tls("server does not support TLS".into()),
                Severity::Permanent,
                ["turn TLS on at the server", "sslmode=verify-full"],
            ),
            (
                Error::Io(io::Error::new(ErrorKind::InvalidData, "bad certificate")),
                Severity::Permanent,
                ["bad certificate", "no connection with TLS to db:5432"],
            ),
            (
                Error::Configuration("settings do not last".into()),
                Severity::Permanent,
                ["settings do not last", ""],
            ),
            (
                Error::Io(ErrorKind::ConnectionRefused.into()),
                Severity::Transient,
                ["cannot reach the database at db:5432", "refused"],
            ),
            (
                Error::Io(ErrorKind::TimedOut.into()),
                Severity::Transient,
                ["cannot reach", "no answer in time"],
            ),
            (
                Error::Protocol("unexpected response from SSLRequest: 0x00".to_owned()),
                Severity::Transient,
                ["cannot reach the database at db:5432", "closed at once"],
            ),
            (
                Error::Protocol("unexpected response from SSLRequest: 0x48".to_owned()),
                Severity::Permanent,
                ["cannot use the database at db:5432", "no Postgres server"],
            ),
        ] {
            let found = finding(&error, &connect);
            assert_eq!(found.severity, severity, "{found:?}");
            for part in parts {
                assert!(found.sentence.contains(part), "{part}: {found:?}");
            }
        }
    }
}
