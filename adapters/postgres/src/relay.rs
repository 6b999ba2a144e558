//! Notifications from the platform and events between processes, by `LISTEN` and
//! `NOTIFY`.
//!
//! Triggers notify when a revision moves. Each process says which rooms it wants, and
//! notifies the others of the events that it commits there: of their numbers, and of
//! what they are. Notifications can be lost with the connection. They only reduce
//! latency: once a second a process asks the database what has changed
//! (`directory/revisions.rs`).
//!
//! | file | what it does |
//! |---|---|
//! | `notifications` | the ports' side: waits, and runs the listener meanwhile |
//! | `listener` | receives and sends over one connection, and reconnects |
//! | `connection` | the statements of this connection |
//! | `others` | which other processes there are, and whether they send to this one |
//! | `others/wants` | what they want |
//! | `wanted` | what this process wants |
//! | `outgoing` | what waits to be sent |
//! | `deadline` | by when it is to be sent |
//! | `notification` | a notification, whose text is lines ([`aftermatch_relay::lines`]) |
//! | `platform` | what the platform's transactions notify |
//! | `rechecks` | when a recheck is due |
//!
//! # Invariants
//! 1. **A recheck every second**, whatever the database or the connection does: its
//!    timer is polled first and needs neither.
//! 2. **Two rechecks a second at most**, however much the platform changes:
//!    notifications bring the next recheck forward, they do not add one.
//! 3. **Not back to the sender.** A process ignores what it notified itself. It
//!    knows that by the server process of its connection, which is its name here.
//! 4. **No write waits for the relay, and the listener waits for no receiver.** Both
//!    queues of events are bounded. Of what does not fit, the last number of each room
//!    remains: the log has all of it.
//! 5. **A single process sends nothing.** Every process holds a shared advisory lock
//!    on its listening connection. Events are queued, and rooms announced, only while
//!    another process holds it too.
//! 6. **A newcomer misses nothing.** It listens, takes the lock, looks who else has
//!    it, and says hello to them. A process that receives a hello starts to send,
//!    and only then confirms it. `ready` waits until all others have confirmed. So
//!    an event that was neither sent to the newcomer nor remembered for it (13) was
//!    committed before it was ready, and it finds that in the log when it reads a room
//!    for the first time. Of two processes that connect at once, the second to take the
//!    lock finds the first.
//! 7. **Nobody is waited for longer than three seconds**, in `ready`: another
//!    process may be paused. One that has died loses the lock, and is no longer
//!    waited for.
//! 8. **When in doubt, say so.** Another process can die between a commit and its
//!    notification; a notification can be lost with the connection. So
//!    `is_uncertain` is true while this process does not listen, and once after it
//!    has connected, or another process came or went. It stays true while another
//!    process is silent: it may be an older program, which writes what is not found by
//!    its number.
//! 9. **`recheck`, `receive`, `platform_events`, `signals` and `ready` all run the listener**,
//!    one of them at a time. So the platform's changes are noticed while nobody calls
//!    `receive`, and events arrive while nobody calls `recheck`.
//! 10. **Cancel-safe.** These may be dropped at any time: the listener, the
//!     queues and the time of the last recheck are state that the next call
//!     continues with.
//! 11. **Listening is all or nothing.** A connection counts as listening only with
//!     its three channels and the lock. When it is lost, events that wait to be sent are
//!     dropped: the others notice that this process is gone (invariant 8).
//! 12. **To those who want it.** A process says which rooms it wants, and how soon. All of
//!     them with its hello and to each newcomer. What is new or more urgent it announces
//!     immediately; what is no longer wanted, or less urgent, within a second. It is taken to
//!     want everything at once until it has said `listed`, which an older program never does.
//!     An event goes to each process that wants it, on the channel of that process; once to
//!     all, on the common channel, if most want it; and is not sent if nobody does. A process drops what it does not want. How far a
//!     user reads goes to the processes that want this user, in the same way, and to no others.
//! 13. **Nobody misses what is committed while others do not know yet what is wanted.**
//!     A process remembers for some seconds the last number that it published in each
//!     room, *before* it looks who wants the room. It notes that another one wants a room
//!     *before* it looks for that number, and sends it. So the event or the number is sent.
//!     A room that is more urgent now is as one that is new: what waits of it goes at once,
//!     before the number (15).
//!     The same holds for how far users have read, which no log has: what was sent lately is
//!     sent again, to this process alone.
//!     If events of too many rooms are to be remembered, the next recheck finds the rest. A
//!     room is wanted before its log is read, so what was committed earlier is found there.
//! 14. **No brand is online at a process that is gone.** What a process has said of its brands
//!     is forgotten with it: when it loses the lock, or says hello again.
//! 15. **What is only followed gathers, and nothing is overtaken.** An event or a signal of a
//!     room that no other process wants at once waits for up to 100 ms, so that one
//!     notification has many. All that is to be sent waits together, in its order, until
//!     the first deadline: what is urgent takes along everything that waits. An older program
//!     sends at once what a newer one wants soon, and is taken to want all rooms that it names
//!     at once; all rooms, if it wants every one, soon.
//! 16. **What the platform writes needs no process.** Its transaction notifies all of them of
//!     the numbers, at its commit, on the channel of the triggers: also a single one, and
//!     those whose events another relay carries. An older program takes that for a change of
//!     rights, and its recheck finds the events.

mod connection;
mod deadline;
mod listener;
mod notification;
pub(crate) mod notifications;
mod others;
mod outgoing;
mod platform;
mod ports;
mod rechecks;
mod wanted;
