//! The bridge: the chat on the live database of a platform, whose tables are read by the
//! queries of a mapping.
//!
//! | file | what it does |
//! |---|---|
//! | `mapping` | reads the mapping file, and says what is wrong with it |
//! | `probe` | what the database says of the queries |
//! | `triggers` | what notes which rows of the platform have moved |
//! | `objects` | the tables of the bridge |
//! | `notes` | what statements of the platform moved |
//! | `marks` | what has moved and is not applied |
//! | `round` | applies marks, in one transaction |
//! | `apply` | brings what the queries return for some keys into our tables |
//! | `back` | writes what is written here into the platform's table |
//! | `everything`, `fill` | marks everything, and applies it in portions |
//! | `drain` | rounds, as long as the service runs |
//! | `plan`, `install`, `check`, `remove` | what an operator does |
//!
//! # Invariants
//! 1. **The platform is never disturbed.** Its transactions only note keys. A trigger
//!    fails no transaction, whatever it meets; no object of ours is in the way of its
//!    migrations; no statement of ours holds a lock on its tables that a write waits for,
//!    except to make triggers, for which nobody waits longer than half a second.
//! 2. **A mark is a reason to look, and nothing else.** What is applied is what the
//!    queries return now. So a mark that comes twice, or too often, changes nothing.
//! 3. **A mark goes with its work.** It is deleted in the transaction that applied it. A
//!    process that crashes leaves both undone.
//! 4. **One at a time.** Every transaction that applies something holds an advisory lock.
//! 5. **A mark is seen when its row is.** The trigger wrote it in the transaction of the
//!    row, and each statement of a round reads what was committed when it began.
//! 6. **One strange row is one strange row.** A statement that fails is tried on halves of
//!    its keys. What cannot be applied waits with a mark of its own, and blocks nothing.
//! 7. **Rights first.** Those of users are applied and committed before everything else, those
//!    of brands before profiles.
//! 8. **What comes from the platform is an event like any other.** It has a number in the
//!    log of its room. Its id is the platform's, so rechecks do not find it by that: a row
//!    of `arrivals`, which has a new id, is committed with it.

mod apply;
mod back;
mod check;
mod drain;
mod everything;
mod fill;
mod grants;
mod install;
mod locked;
mod mapping;
mod marks;
mod metrics;
mod notes;
mod notify;
mod objects;
mod plan;
mod probe;
mod remove;
mod round;
mod sql;
mod triggers;

pub use self::{
    check::{Checked, Depth, check},
    install::{Installed, install},
    mapping::{Mapping, Mistakes},
    plan::{Plan, plan},
    remove::remove,
    sql::BridgeError,
};
pub(crate) use self::{metrics::Watched, sql::Bridge};
