//! File descriptors. Each socket takes one, and the system limits how many a
//! process may have.

use std::io;

use aftermatch_http::{MAX_PENDING, OPERATORS_SOCKETS};
use rlimit::Resource;

use crate::Store;

/// Descriptors kept back for everything but the chat's sockets and the database's
/// connections: the runtime, the listeners, the log and the operators' port. So
/// probes are answered however many clients there are.
const KEPT_BACK: usize = 32 + OPERATORS_SOCKETS;

/// The fewest sockets the chat gets, however low the limit is.
const MIN_SOCKETS: usize = 16;

/// How many sockets of the chat may be open. Raises the limit, as far as it may be
/// raised, to what `connections` sessions on `store` need.
pub(crate) fn for_sockets(connections: usize, store: &Store) -> io::Result<usize> {
    let kept_back = KEPT_BACK
        + match store {
            Store::Memory(_) => 0,
            Store::Postgres(store) => store.connections(),
        };
    let needed = connections
        .saturating_add(MAX_PENDING)
        .saturating_add(kept_back);
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    match rlimit::increase_nofile_limit(needed) {
        Ok(limit) if limit < needed => tracing::warn!(
            limit,
            needed,
            "the system allows fewer open files than connections are allowed: raise `ulimit -n`"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
    let limit = usize::try_from(Resource::NOFILE.get_soft()?).unwrap_or(usize::MAX);
    Ok(limit.saturating_sub(kept_back).max(MIN_SOCKETS))
}
