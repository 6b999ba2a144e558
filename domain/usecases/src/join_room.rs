use aftermatch_ports::{
    ChatError, Joined, Missed, Read,
    model::{RoomId, Seat, Seq, Session, Viewer, rules::MAX_REPLAY},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn join_room(
        &self,
        session: &mut Session,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError> {
        let (_, viewer) = self.actor(session, Read::Fresh).await?;
        // Held before the room is read: what is told in between is not lost.
        self.events.hold(Seat {
            session: session.id,
            room,
            viewer,
        });
        let mut joined = self.enter(viewer, room, since).await;
        if let Ok(read) = &joined
            && !self.events.begin(room, read.last)
        {
            joined = self.enter(viewer, room, since).await;
        }
        let again = session.room == Some(room);
        match joined {
            Ok(_) if again => {}
            Ok(_) => {
                self.empty_seat(session);
                session.room = Some(room);
            }
            Err(_) if again => self.events.release(session.id, room),
            Err(_) => self.events.leave(session.id, room),
        }
        joined
    }

    async fn enter(
        &self,
        viewer: Viewer,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError> {
        let view = self.visible(viewer, room, Read::Fresh).await?;
        let (last, missed) = match since {
            None => (self.messages.last_seq(room).await?, Missed::NotAsked),
            Some(since) => self.missed(room, since).await?,
        };
        Ok(Joined {
            view: view.at(self.clock.now()),
            last,
            missed,
        })
    }

    async fn missed(&self, room: RoomId, since: Seq) -> Result<(Seq, Missed), ChatError> {
        let changes = self.messages.changes(room, since, MAX_REPLAY).await?;
        let steps = changes.net.map(|net| net.steps(since));
        let missed = match steps {
            Some(steps) if steps.len() <= MAX_REPLAY => Missed::Steps(steps),
            _ => Missed::TooMuch,
        };
        Ok((changes.last, missed))
    }
}

#[cfg(test)]
mod tests;
