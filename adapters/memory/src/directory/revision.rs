use aftermatch_ports::model::Revision;

/// One counter for all users and rooms: a room that is removed and added again
/// never has a revision that it had before.
#[derive(Default)]
pub(super) struct RevisionCounter(i64);

impl RevisionCounter {
    pub(super) fn next(&mut self) -> Revision {
        self.0 += 1;
        Revision(self.0)
    }
}
