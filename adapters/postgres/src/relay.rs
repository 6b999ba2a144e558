//! Notifications from the platform and events between processes, by `LISTEN` and
//! `NOTIFY`.
//!
//! Triggers notify when a revision moves. Each process notifies the others of the
//! events that it commits. Notifications only reduce latency: they can be lost with
//! the connection, so a recheck is due every second regardless.
//!
//! # Invariants
//! 1. **A recheck every second**, whatever the database or the connection does: its
//!    timer is polled first and needs neither.
//! 2. **Two rechecks a second at most**, however much the platform changes:
//!    notifications bring the next recheck forward, they do not add one.
//! 3. **Not back to the sender.** A process ignores the events that it notified. It
//!    knows them by the server process of its connection.
//! 4. **No write waits for the relay, and the listener waits for no receiver.** Both
//!    queues of events are bounded. What does not fit is dropped; the next recheck
//!    finds it.
//! 5. **A single process sends nothing.** Every process holds a shared advisory lock
//!    on its listening connection, and events are queued only while another process
//!    holds it too.
//! 6. **`recheck` and `receive` both run the listener**, one of them at a time. So the
//!    platform's changes are noticed while nobody calls `receive`, and events arrive
//!    while nobody calls `recheck`.
//! 7. **Cancel-safe.** `recheck` and `receive` may be dropped at any time: the listener,
//!    the queues and the time of the last recheck are state that the next call
//!    continues with.
//! 8. **Listening is all or nothing.** A connection counts as listening only
//!    with both channels and the lock. When it is lost, events that wait to be sent are
//!    dropped: the others find them by their recheck.

mod listener;
pub(crate) mod notifications;
mod outgoing;
mod payload;
mod ports;
mod rechecks;
