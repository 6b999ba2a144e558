//! What the subjects are called.

use aftermatch_ports::model::{RoomId, UserId};

/// Over how many subjects the users are spread. Each costs a process a subscription as long as
/// it wants one of its users, and the read positions of the others.
const USER_SUBJECTS: i64 = 256;

/// What the subjects of a deployment are called.
pub(crate) struct Subjects {
    prefix: String,
}

impl Subjects {
    pub(crate) fn new(deployment: &str) -> Self {
        Self {
            prefix: format!("aftermatch.{deployment}"),
        }
    }

    pub(crate) fn room(&self, room: RoomId) -> String {
        format!("{}.room.{room}", self.prefix)
    }

    pub(crate) fn every_room(&self) -> String {
        format!("{}.room.*", self.prefix)
    }

    /// Where it is said how far the user reads: the subject is shared with others.
    pub(crate) fn user(&self, user: UserId) -> String {
        let shared = user.0.rem_euclid(USER_SUBJECTS);
        format!("{}.user.{shared}", self.prefix)
    }

    /// Where processes speak to all.
    pub(crate) fn control(&self) -> String {
        format!("{}.processes", self.prefix)
    }

    /// Where one process is spoken to.
    pub(crate) fn own(&self, process: u64) -> String {
        format!("{}.process.{process}", self.prefix)
    }

    /// Where nobody receives anything.
    pub(crate) fn nobody(&self) -> String {
        format!("{}.nobody", self.prefix)
    }
}
