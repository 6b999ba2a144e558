//! Signals between this process, the platform and the other processes, by `LISTEN`
//! and `NOTIFY`.
//!
//! Triggers notify when a revision moves. Each process notifies the others of the
//! events that it commits. Notifications only reduce latency: they can be lost with
//! the connection, so a recheck is issued every second regardless.
//!
//! # Invariants
//! 1. **A recheck every second**, whatever the database or the connection does: its
//!    timer is polled first and needs neither.
//! 2. **Two rechecks a second at most**, however much the platform changes:
//!    notifications bring the timer forward, they do not add rechecks.
//! 3. **Not back to the sender.** A process ignores the events that it notified. It
//!    knows them by the server process of its connection.
//! 4. **No write waits for the relay.** Queuing an event neither waits nor fails.
//!    The queue is bounded; what does not fit is found by the next recheck.
//! 5. **A single process sends nothing.** Every process holds a shared advisory lock
//!    on its listening connection, and events are queued only while another process
//!    holds it too.
//! 6. **Cancel-safe.** `next` may be dropped at any time. What was received stays in
//!    the state that the next call continues with.
//! 7. **Listening is all or nothing.** A connection counts as listening only
//!    with both channels and the lock. When it is lost, events that waited are
//!    dropped: the others find them by their recheck.

mod listener;
mod outgoing;
mod payload;
mod watch;
pub(crate) mod watcher;
