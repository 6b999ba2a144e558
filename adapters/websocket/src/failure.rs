//! Failures of the stores: the cause goes to the log, a sentence to the client.

use std::error::Error;

use aftermatch_ports::ChatError;
use aftermatch_protocol::error::ProtocolError;

/// The error for the client. The cause of a failure is logged.
pub(crate) fn report(error: ChatError) -> ProtocolError {
    if let ChatError::Store(failure) = &error {
        let source = failure.source().map(ToString::to_string);
        if failure.is_transient() {
            tracing::warn!(error = source, "a store is unavailable");
        } else {
            tracing::error!(error = source, "a store failed");
        }
    }
    error.into()
}
