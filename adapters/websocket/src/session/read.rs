//! Rooms and messages, read a piece at a time.

use aftermatch_ports::{
    ChatError, Joined, Missed, Page,
    model::{Change, RoomId, Seq, Tag},
};
use bytes::Bytes;
use tokio::time::timeout;

use super::Conversation;
use crate::{
    answer::{self, RoomList},
    json,
    request::{Portion, Which},
    transport::Close,
};

/// So many rooms are asked for at a time: a long list neither stands in memory
/// twice nor keeps others waiting.
const ROOMS: usize = 500;

/// So many messages are on a page.
const MESSAGES: usize = 100;

impl Conversation<'_> {
    /// All rooms.
    pub(super) async fn list(&self, tag: &Tag) -> Result<Bytes, ChatError> {
        let (list, _) = self.rooms(None, usize::MAX).await?;
        Ok(list.finish(tag))
    }

    /// A portion of the rooms.
    pub(super) async fn portion(&self, tag: &Tag, portion: &Portion) -> Result<Bytes, ChatError> {
        let (list, next) = self.rooms(portion.after, portion.limit).await?;
        Ok(list.finish_portion(tag, next))
    }

    /// At most `limit` rooms, and the last of them where there are more.
    async fn rooms(
        &self,
        mut after: Option<RoomId>,
        limit: usize,
    ) -> Result<(RoomList, Option<RoomId>), ChatError> {
        let mut list = RoomList::new();
        let mut left = limit;
        loop {
            // One more than is shown tells whether there are more.
            let limit = ROOMS.min(left) + 1;
            let rooms = self.shared.chat.list(&self.session, Page { after, limit });
            let rooms = rooms.await?;
            let more = rooms.len() == limit;
            for listed in rooms.iter().take(limit - 1) {
                list.add(listed);
                after = Some(listed.view.room.id);
                left -= 1;
            }
            if !more || left == 0 {
                return Ok((list, after.filter(|_| more)));
            }
            tokio::task::yield_now().await;
        }
    }

    /// Some of the room's messages.
    pub(super) async fn messages(&self, tag: &Tag, which: Which) -> Result<Bytes, ChatError> {
        let chat = &self.shared.chat;
        let page = match which {
            Which::Page(page) => page,
            Which::Stretch { stretch, limit } => {
                let history = chat.history(&self.session, stretch, limit).await?;
                return Ok(answer::history(tag, &history));
            }
        };
        let skip = (page - 1).saturating_mul(MESSAGES as u64);
        let (count, messages) = chat.newest(&self.session, skip, MESSAGES).await?;
        let shown = skip.saturating_add(messages.len() as u64);
        let next = (shown < count && !messages.is_empty()).then_some(page + 1);
        Ok(answer::page(tag, count, &messages, next))
    }

    /// Takes a seat, and tells what was missed.
    pub(super) async fn join(
        &mut self,
        room: RoomId,
        since: Option<Seq>,
        tag: &Tag,
    ) -> Result<(), ChatError> {
        self.flush();
        let chat = &self.shared.chat;
        let joined = chat.join_room(&mut self.session, room, since).await?;
        self.outbox.push(answer::joined(tag, &joined));
        let (last, revision) = (joined.last, joined.view.room.revision);
        self.replay(joined).await;
        let hub = &self.shared.hub;
        hub.seat(self.session.id, room, last, revision);
        Ok(())
    }

    /// Tells what was missed, no faster than it is read, and no longer than the
    /// seat lasts.
    async fn replay(&self, joined: Joined) {
        let Missed::Steps(steps) = joined.missed else {
            return;
        };
        let participants = json::participants_of(&joined.view.room);
        for (seq, what) in steps {
            if timeout(self.shared.limits.idle, self.outbox.room())
                .await
                .is_err()
            {
                self.outbox.close(Close::TOO_SLOW);
            }
            let change = Change {
                seq,
                room: joined.view.clone(),
                asker: None,
                tag: Tag::NONE,
                what,
            };
            let frame = answer::replayed(&change, &participants);
            if !self.outbox.push_missed(joined.view.room.id, frame) {
                return;
            }
        }
    }
}
