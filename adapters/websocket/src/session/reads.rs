//! Requests that read rooms and messages. Both can be many: they are read while they are
//! sent.

use aftermatch_ports::{
    ChatError, ListedRoom, Page,
    model::{Message, RequestId, RoomId},
};
use aftermatch_protocol::{
    limits::MAX_ROOMS,
    request::{AtLeast, List, RoomMessages, SearchMessages, UpTo},
    response::RoomList,
};

use super::{conversation::Conversation, messages::Unsent};
use crate::{metrics::HeldBytes, transport::LongText};

/// How many rooms are read at a time. A long list neither stands in memory as a whole nor
/// delays others.
const ROOMS: usize = 50;

/// A list on its way.
struct Sending<'a> {
    text: LongText<'a>,
    list: RoomList,
    held: HeldBytes,
}

impl Conversation<'_> {
    /// Sends all rooms, or a page of them.
    pub(super) async fn list(&self, request_id: &RequestId, list: &List) -> Result<(), ChatError> {
        let after = list.after_pk.map(|AtLeast(room)| RoomId(room));
        let paged = list.limit.is_some() || after.is_some();
        let limit = match &list.limit {
            Some(UpTo(limit)) => *limit,
            None if paged => MAX_ROOMS,
            None => usize::MAX,
        };
        let mut sending = Sending {
            text: self.long_text(),
            list: RoomList::default(),
            held: HeldBytes::new(self.state.hub.metrics().clone()),
        };
        let Some(next) = self.send_rooms(&mut sending, after, limit).await? else {
            return Ok(());
        };
        let Sending { mut text, list, .. } = sending;
        if paged {
            list.finish_page(text.buffer(), request_id, next);
        } else {
            list.finish(text.buffer(), request_id);
        }
        text.finish();
        Ok(())
    }

    /// Sends at most `limit` rooms. Returns the last of them if there are more. `None`: the
    /// connection is being closed.
    async fn send_rooms(
        &self,
        sending: &mut Sending<'_>,
        mut after: Option<RoomId>,
        limit: usize,
    ) -> Result<Option<Option<RoomId>>, ChatError> {
        let mut left = limit;
        loop {
            // One more than is sent: so it is known whether there are more.
            let limit = ROOMS.min(left) + 1;
            let page = Page { after, limit };
            let rooms = self.state.chat.list_rooms(&self.session, page).await?;
            let more = rooms.len() == limit;
            sending.held.set(text_bytes(&rooms));
            for room in rooms.into_iter().take(limit - 1) {
                let online = self.state.hub.online_for(self.connection, &room.view.room);
                let online = online.as_deref();
                sending.list.add(sending.text.buffer(), &room, online);
                if sending.text.send().await.is_err() {
                    return Ok(None);
                }
                after = Some(room.view.room.id);
                left -= 1;
            }
            if !more || left == 0 {
                return Ok(Some(after.filter(|_| more)));
            }
        }
    }

    pub(super) fn long_text(&self) -> LongText<'_> {
        LongText::new(self.outbox(), &self.state.turns, self.state.limits.idle)
    }

    /// Sends messages of the joined room.
    pub(super) async fn messages(
        &self,
        request_id: &RequestId,
        which: RoomMessages,
    ) -> Result<(), ChatError> {
        let text = self.long_text();
        let sent = match which {
            RoomMessages::Page(number) => self.page(text, request_id, number).await,
            RoomMessages::Range { range, limit } => {
                self.range(text, request_id, range, limit).await
            }
        };
        complete(sent)
    }

    /// Sends the messages of the joined room that have certain words.
    pub(super) async fn search(
        &self,
        request_id: &RequestId,
        search: &SearchMessages,
    ) -> Result<(), ChatError> {
        complete(self.found(self.long_text(), request_id, search).await)
    }
}

/// A connection that is being closed needs no response.
fn complete(sent: Result<(), Unsent>) -> Result<(), ChatError> {
    match sent {
        Ok(()) | Err(Unsent::Closing) => Ok(()),
        Err(Unsent::Failed(error)) => Err(error),
    }
}

/// What their last messages hold in memory.
fn text_bytes(rooms: &[ListedRoom]) -> usize {
    let messages = rooms.iter().filter_map(|room| room.last_message.as_ref());
    messages.map(Message::bytes).sum()
}
