use std::sync::Arc;

use aftermatch_ports::{
    ChatError, Guard, Read,
    model::{
        Change, Refusal, RoomId, RoomView, Seq, Session, Tag, Timestamp, User, Viewer, What, rules,
    },
};

use crate::UseCases;

/// How often a write is judged before it is given up: each further time, the
/// room or the user changed between the verdict and the write.
const ATTEMPTS: usize = 8;

/// Leave to change a room, as long as the guard holds.
pub(crate) struct Permit {
    pub(crate) guard: Guard,
    pub(crate) viewer: Viewer,
    pub(crate) author: Arc<User>,
    pub(crate) room: RoomView,
    pub(crate) now: Timestamp,
}

/// How the verdicts on one write are reached, one attempt after the other.
pub(crate) struct Judging<'a> {
    use_cases: &'a UseCases,
    session: &'a Session,
    room: RoomId,
    attempt: usize,
}

impl UseCases {
    /// Begins to judge a write in the joined room.
    pub(crate) fn judge<'a>(&'a self, session: &'a Session) -> Result<Judging<'a>, Refusal> {
        Ok(Judging {
            use_cases: self,
            session,
            room: session.room.ok_or(Refusal::NotInRoom)?,
            attempt: 0,
        })
    }

    /// Tells what was kept.
    pub(crate) async fn tell(&self, change: Change) {
        self.watch.announce(&change);
        let (room, seq) = (change.room.room.id, change.seq);
        if let Err(since) = self.events.tell(change).await {
            self.catch_up(room, since, seq.before()).await;
        }
    }
}

impl Permit {
    /// The change that was kept by this leave.
    pub(crate) fn change(self, session: &Session, tag: Tag, seq: Seq, what: What) -> Change {
        Change {
            seq,
            room: self.room,
            asker: Some(session.id),
            tag,
            what,
        }
    }
}

impl Judging<'_> {
    /// The next verdict: the first by what is at hand, those after a stale write
    /// by what the store says now. To be asked again whenever the store answers
    /// that the guard no longer holds.
    pub(crate) async fn permit(&mut self) -> Result<Permit, ChatError> {
        if self.attempt == 0 {
            self.attempt = 1;
            match self.decide(Read::Cached).await {
                // What is at hand may be old: nobody is refused for that.
                Err(ChatError::Refused(_)) => {}
                verdict => return verdict,
            }
        }
        if self.attempt == ATTEMPTS {
            return Err(crate::overtaken());
        }
        self.attempt += 1;
        self.decide(Read::Fresh).await
    }

    async fn decide(&self, read: Read) -> Result<Permit, ChatError> {
        let (author, viewer) = self.use_cases.actor(self.session, read).await?;
        let room = self.use_cases.visible(viewer, self.room, read).await?;
        let now = self.use_cases.clock.now();
        rules::write(viewer, &room, now)?;
        Ok(Permit {
            guard: Guard {
                room: room.id,
                room_revision: room.revision,
                user: author.id,
                user_revision: author.revision,
            },
            viewer,
            author,
            room: room.at(now),
            now,
        })
    }
}

#[cfg(test)]
mod tests;
