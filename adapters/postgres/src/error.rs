use std::{io, sync::Arc};

use aftermatch_ports::StoreError;
use sqlx::Error;

/// `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

/// `disk_full`
const DISK_FULL: &str = "53100";

/// `invalid_catalog_name`: a database that is about to be created or restored.
const NO_DATABASE: &str = "3D000";

/// Whether trying again later can help: the database is unreachable, overloaded,
/// or cut a statement off.
#[must_use]
pub fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => true,
        error if is_closed_at_once(error) => true,
        Error::Database(error) => error.code().is_some_and(|code| {
            // Connections, rolled back transactions, resources, locks, operators
            // and time limits; a standby that is being promoted is read-only.
            let class = code.get(..2).unwrap_or_default();
            matches!(class, "08" | "40" | "53" | "55" | "57")
                || matches!(&*code, READ_ONLY | NO_DATABASE)
        }),
        _ => false,
    }
}

/// The reason alone, in words for operators: the driver begins with what kind of error it
/// is, and calls a connection that has ended a crashed worker.
pub(crate) fn reason(error: &Error) -> String {
    match error {
        Error::Configuration(error) | Error::Tls(error) => error.to_string(),
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            "no answer in time".to_owned()
        }
        Error::Io(error) => error.to_string(),
        Error::Database(error) => error.message().to_owned(),
        Error::WorkerCrashed => "the connection has ended".to_owned(),
        error if is_closed_at_once(error) => "the connection was closed at once".to_owned(),
        error if is_of_other_protocol(error) => {
            "what answers there is no Postgres server".to_owned()
        }
        error => error.to_string(),
    }
}

/// A server, or a proxy before it, closed the connection at once. The driver takes the
/// end for a zero in response to its request for TLS.
fn is_closed_at_once(error: &Error) -> bool {
    let zero = "response from SSLRequest: 0x00";
    matches!(error, Error::Protocol(reason) if reason.contains(zero))
}

/// Something answered the request for TLS as no Postgres server does.
fn is_of_other_protocol(error: &Error) -> bool {
    let response = "response from SSLRequest";
    matches!(error, Error::Protocol(reason) if reason.contains(response))
}

/// Whether waiting can help a service that has never been connected. A connection that
/// had TLS may fail for a moment; one that never had it needs another setting, and so
/// does a certificate that is not accepted.
pub(crate) fn can_pass(error: &Error) -> bool {
    !is_about_tls(error) && is_transient(error)
}

/// No TLS at all, or a certificate that is not accepted.
pub(crate) fn is_about_tls(error: &Error) -> bool {
    match error {
        Error::Tls(_) => true,
        Error::Io(error) => error.kind() == io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Whether the connection accepts no writes: another one may.
pub(crate) fn is_read_only(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == READ_ONLY)
}

/// Whether the server had no space for what was written: the disk is full, or a quota.
pub(crate) fn is_without_space(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == DISK_FULL)
}

/// Whether a service that runs should try again later. What is a mistake at its start can
/// be an outage then: a role that changes (28), or something else that answers for the
/// database.
pub(crate) fn is_outage(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let class = code.as_ref().and_then(|code| code.get(..2));
    is_transient(error) || matches!(error, Error::Protocol(_)) || class == Some("28")
}

pub(crate) fn unavailable(error: impl Into<Arc<Error>>) -> StoreError {
    let error = error.into();
    if is_outage(&error) {
        StoreError::transient(error)
    } else {
        StoreError::permanent(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tls_never_passes_at_start() {
        let tls = Error::Tls("server does not support TLS".into());
        let certificate = Error::Io(io::Error::new(io::ErrorKind::InvalidData, "bad"));
        for error in [tls, certificate] {
            assert!(!can_pass(&error), "{error}");
            assert!(is_transient(&error), "a connection that had it: {error}");
        }
    }

    #[test]
    fn closed_connection_passes() {
        let response = |byte: &str| {
            Error::Protocol(format!(
                "unexpected response from SSLRequest: {byte} (tls:95)"
            ))
        };
        let (closed, web_server) = (response("0x00"), response("0x48"));
        let end = Error::Io(io::ErrorKind::UnexpectedEof.into());
        assert!(can_pass(&closed) && can_pass(&end));
        assert!(!can_pass(&web_server));
        assert!(is_outage(&web_server), "while it runs");
        assert!(!is_outage(&Error::RowNotFound));
    }
}
