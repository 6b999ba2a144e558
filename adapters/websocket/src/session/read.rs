//! Rooms and messages, read a piece at a time.

use aftermatch_ports::{
    ChatError, Joined, Missed, Page,
    model::{Change, RoomId, Seq, Tag},
};
use aftermatch_protocol::{
    close::Close,
    event::replayed,
    limits::{MAX_MESSAGES, MAX_ROOMS},
    request::{AtLeast, List, RoomMessages, UpTo},
    response::{self, ReadyParticipants, RoomList},
};
use bytes::Bytes;
use tokio::time::timeout;

use super::Conversation;
use crate::{encode, transport::frame::TextFrame};

/// So many rooms are asked for at a time: a long list neither stands in memory
/// twice nor keeps others waiting.
const ROOMS: usize = 500;

impl Conversation<'_> {
    /// All rooms, or a page of them.
    pub(super) async fn list(&self, tag: &Tag, list: &List) -> Result<Bytes, ChatError> {
        let after = list.after_pk.map(|AtLeast(room)| RoomId(room));
        let paged = list.limit.is_some() || after.is_some();
        let limit = match &list.limit {
            Some(UpTo(limit)) => *limit,
            None if paged => MAX_ROOMS,
            None => usize::MAX,
        };
        let mut frame = TextFrame::new();
        let (rooms, next) = self.rooms(frame.payload(), after, limit).await?;
        if paged {
            rooms.finish_page(frame.payload(), tag, next);
        } else {
            rooms.finish(frame.payload(), tag);
        }
        Ok(frame.finish())
    }

    /// Writes at most `limit` rooms. Returns the last of them where there are more.
    async fn rooms(
        &self,
        out: &mut Vec<u8>,
        mut after: Option<RoomId>,
        limit: usize,
    ) -> Result<(RoomList, Option<RoomId>), ChatError> {
        let mut list = RoomList::default();
        let mut left = limit;
        loop {
            // One more than is shown tells whether there are more.
            let limit = ROOMS.min(left) + 1;
            let rooms = self.shared.chat.list(&self.session, Page { after, limit });
            let rooms = rooms.await?;
            let more = rooms.len() == limit;
            for listed in rooms.iter().take(limit - 1) {
                list.add(out, listed);
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
    pub(super) async fn messages(
        &self,
        tag: &Tag,
        which: RoomMessages,
    ) -> Result<Bytes, ChatError> {
        let chat = &self.shared.chat;
        let page = match which {
            RoomMessages::Page(page) => page,
            RoomMessages::Range { range, limit } => {
                let history = chat.history(&self.session, range, limit).await?;
                return Ok(encode::text(&response::range(tag, &history)));
            }
        };
        let skip = (page - 1).saturating_mul(MAX_MESSAGES as u64);
        let (count, messages) = chat.newest(&self.session, skip, MAX_MESSAGES).await?;
        let shown = skip.saturating_add(messages.len() as u64);
        let next = (shown < count && !messages.is_empty()).then_some(page + 1);
        Ok(encode::text(&response::page(tag, count, &messages, next)))
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
        self.outbox
            .push(encode::text(&response::joined(tag, &joined)));
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
        let participants = ReadyParticipants::of(&joined.view.room);
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
            let frame = encode::text(&replayed(&change, &participants));
            if !self.outbox.push_missed(joined.view.room.id, frame) {
                return;
            }
        }
    }
}
