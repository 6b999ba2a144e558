use aftermatch_ports::StoreError;
use sqlx::Error;

/// `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

/// Whether trying again later can help: the database is unreachable, overloaded,
/// or cut a statement off.
#[must_use]
pub fn is_transient(error: &Error) -> bool {
    match error {
        // Protocol: a proxy whose server is away accepts a connection and closes it. That
        // reads like a wrong answer to the request for TLS.
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => true,
        Error::Database(error) => error.code().is_some_and(|code| {
            // Connections, rolled back transactions, resources, locks, operators
            // and time limits; 25006 comes from a standby that is being promoted.
            let class = code.get(..2).unwrap_or_default();
            matches!(class, "08" | "40" | "53" | "55" | "57") || code == READ_ONLY
        }),
        _ => false,
    }
}

/// Whether the connection accepts no writes: another one may.
pub(crate) fn is_read_only(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == READ_ONLY)
}

/// Whether a service that runs should try again later. What is a mistake at its start can
/// be an outage then: a database that is restored (3D), a role that changes (28).
pub(crate) fn is_outage(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let class = code.as_ref().and_then(|code| code.get(..2));
    is_transient(error) || matches!(class, Some("3D" | "28"))
}

pub(crate) fn unavailable(error: Error) -> StoreError {
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
    fn wrong_answer_at_connecting_is_transient() {
        // Of a connection that was closed at once, to one who asked for TLS.
        let closed = Error::Protocol("unexpected response from SSLRequest: 0x00".into());
        assert!(is_transient(&closed));
        assert!(!is_transient(&Error::RowNotFound));
    }
}
