//! Requests that read rooms and messages.

use aftermatch_ports::{
    ChatError, Page,
    model::{RequestId, RoomId},
};
use aftermatch_protocol::{
    limits::{MAX_MESSAGES, MAX_ROOMS},
    request::{AtLeast, List, RoomMessages, UpTo},
    response::{self, RoomList},
};
use bytes::Bytes;

use super::conversation::Conversation;
use crate::{encode, transport::frame::TextFrame};

/// How many rooms are read at a time. A long list neither stands in memory twice nor
/// delays others.
const ROOMS: usize = 500;

impl Conversation<'_> {
    /// All rooms, or a page of them.
    pub(super) async fn list(
        &self,
        request_id: &RequestId,
        list: &List,
    ) -> Result<Bytes, ChatError> {
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
            rooms.finish_page(frame.payload(), request_id, next);
        } else {
            rooms.finish(frame.payload(), request_id);
        }
        Ok(frame.finish())
    }

    /// Writes at most `limit` rooms. Returns the last of them if there are more.
    async fn rooms(
        &self,
        out: &mut Vec<u8>,
        mut after: Option<RoomId>,
        limit: usize,
    ) -> Result<(RoomList, Option<RoomId>), ChatError> {
        let mut list = RoomList::default();
        let mut left = limit;
        loop {
            // One more than is sent: so it is known whether there are more.
            let limit = ROOMS.min(left) + 1;
            let page = Page { after, limit };
            let rooms = self.state.chat.list_rooms(&self.session, page).await?;
            let more = rooms.len() == limit;
            for room in rooms.iter().take(limit - 1) {
                list.add(out, room);
                after = Some(room.view.room.id);
                left -= 1;
            }
            if !more || left == 0 {
                return Ok((list, after.filter(|_| more)));
            }
            tokio::task::yield_now().await;
        }
    }

    /// Messages of the joined room.
    pub(super) async fn messages(
        &self,
        request_id: &RequestId,
        which: RoomMessages,
    ) -> Result<Bytes, ChatError> {
        let chat = &self.state.chat;
        let page = match which {
            RoomMessages::Page(page) => page,
            RoomMessages::Range { range, limit } => {
                let history = chat.history(&self.session, range, limit).await?;
                return Ok(encode::text(&response::range(request_id, &history)));
            }
        };
        let skip = (page - 1).saturating_mul(MAX_MESSAGES as u64);
        let (count, messages) = chat.page(&self.session, skip, MAX_MESSAGES).await?;
        let shown = skip.saturating_add(messages.len() as u64);
        let next = (shown < count && !messages.is_empty()).then_some(page + 1);
        let response = response::page(request_id, count, &messages, next);
        Ok(encode::text(&response))
    }
}
