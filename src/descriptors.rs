//! File descriptors. Each socket takes one, and the system limits how many a
//! process may have.

use std::io;

use aftermatch_http::{MAX_PENDING, OPERATORS_SOCKETS};
use rlimit::Resource;

/// Descriptors reserved for everything but the chat's sockets, the store and the API: the
/// runtime, the listeners, the log and the operators' port. So the probes respond
/// however many clients there are.
const RESERVED: usize = 32 + OPERATORS_SOCKETS;

/// The fewest sockets that the chat gets, however low the limit is.
const MIN_SOCKETS: usize = 16;

/// How many sockets of the chat may be open. Raises the limit of the process, if
/// the system allows it, to what `connections` sessions need. The store
/// and the API use `of_others` descriptors.
pub(crate) fn for_sockets(connections: usize, of_others: usize) -> io::Result<usize> {
    let reserved = RESERVED.saturating_add(of_others);
    let needed = connections
        .saturating_add(MAX_PENDING)
        .saturating_add(reserved);
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
    Ok(limit.saturating_sub(reserved).max(MIN_SOCKETS))
}
