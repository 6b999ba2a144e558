//! What goes between the processes of the service, without anything that sends it: the
//! relays over Postgres and over NATS both use it.
//!
//! | file | what it has |
//! |---|---|
//! | `lines`, `remote_event` | what processes say to each other, as lines of text |
//! | `queue`, `signals` | what waits to be sent, or to be received |
//! | `receive` | waits for what is to be received, and runs the connection meanwhile |
//! | `heads` | the last numbers of rooms, and those that were published lately |
//! | `bounded` | entries of maps that have a maximum |
//! | `recent_reads` | how far users have read lately |
//! | `lately` | forgets what was added long ago |
//! | `online` | which brands have connections, here and elsewhere |

mod bounded;
mod heads;
mod lately;
pub mod lines;
mod online;
mod queue;
mod receive;
mod recent_reads;
mod remote_event;
mod signals;

pub use heads::{Heads, Recent};
pub use lines::Line;
pub use online::{OnlineElsewhere, OnlineHere};
pub use queue::Queue;
pub use recent_reads::RecentReads;
pub use remote_event::from_json;
pub use signals::SignalQueue;
