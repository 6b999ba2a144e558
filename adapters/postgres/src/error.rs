use aftermatch_ports::StoreError;
use sqlx::Error;

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
        Error::Database(error) => error.code().is_some_and(|code| {
            // Connections, rolled back transactions, resources, locks, operators
            // and time limits; 25006 comes from a standby that is being promoted.
            let class = code.get(..2).unwrap_or_default();
            matches!(class, "08" | "40" | "53" | "55" | "57") || code == "25006"
        }),
        _ => false,
    }
}

pub(crate) fn unavailable(error: Error) -> StoreError {
    if is_transient(&error) {
        StoreError::transient(error)
    } else {
        StoreError::permanent(error)
    }
}
