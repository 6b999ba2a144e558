//! What the service does when a client asks. A file for each use case, and each
//! the same walk: find, decide (the model does), keep, tell.

mod connect;
mod create_message;
mod current_room;
mod delete_messages;
mod edit_message;
mod history;
mod join_room;
mod leave_room;
mod list;
mod mark_read;
#[cfg(test)]
mod testing;
mod watch;
mod write;

use std::sync::{Arc, atomic::AtomicI64};

use aftermatch_ports::{
    Chat, ChatError, Clock, Events, History, Joined, Listed, Messages, Page, People, Read, Rooms,
    Stretch, Tokens, Unavailable, Watch,
    model::{
        Change, ClientMsgId, Endpoint, Message, MessageId, Refusal, Room, RoomId, RoomView, Seq,
        Session, Tag, User, Viewer, rules,
    },
};
use async_trait::async_trait;

/// The use cases, standing on the ports they were given.
pub struct UseCases {
    people: Arc<dyn People>,
    rooms: Arc<dyn Rooms>,
    messages: Arc<dyn Messages>,
    watch: Arc<dyn Watch>,
    events: Arc<dyn Events>,
    tokens: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
    max_text_chars: usize,
    last_session: AtomicI64,
}

/// What the use cases stand on.
pub struct Needs {
    /// The users of the platform.
    pub people: Arc<dyn People>,
    /// The rooms.
    pub rooms: Arc<dyn Rooms>,
    /// The messages.
    pub messages: Arc<dyn Messages>,
    /// What others do to the store.
    pub watch: Arc<dyn Watch>,
    /// Those who joined.
    pub events: Arc<dyn Events>,
    /// Who signed what.
    pub tokens: Arc<dyn Tokens>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The longest text, in Unicode scalar values.
    pub max_text_chars: usize,
}

impl UseCases {
    /// Stands the use cases on `needs`.
    #[must_use]
    pub fn new(needs: Needs) -> Self {
        Self {
            people: needs.people,
            rooms: needs.rooms,
            messages: needs.messages,
            watch: needs.watch,
            events: needs.events,
            tokens: needs.tokens,
            clock: needs.clock,
            max_text_chars: needs.max_text_chars,
            last_session: AtomicI64::new(0),
        }
    }

    /// The session's user and as whom it may act right now.
    async fn actor(&self, session: &Session, read: Read) -> Result<(Arc<User>, Viewer), ChatError> {
        let user = self.people.user(session.user, read).await?;
        // Whoever is gone is as good as deactivated.
        let user = user.ok_or(Refusal::UserDeactivated)?;
        let viewer = rules::viewer(&user, session.endpoint)?;
        Ok((user, viewer))
    }

    /// The room, if `viewer` may see it.
    async fn visible(
        &self,
        viewer: Viewer,
        room: RoomId,
        read: Read,
    ) -> Result<Arc<Room>, ChatError> {
        let room = self.rooms.room(room, read).await?;
        Ok(rules::see(viewer, room)?)
    }
}

#[async_trait]
impl Chat for UseCases {
    async fn connect(&self, token: &str, endpoint: Endpoint) -> Result<Session, ChatError> {
        self.connect(token, endpoint).await
    }

    async fn list(&self, session: &Session, page: Page) -> Result<Vec<Listed>, ChatError> {
        self.list(session, page).await
    }

    async fn join_room(
        &self,
        session: &mut Session,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError> {
        self.join_room(session, room, since).await
    }

    async fn leave_room(&self, session: &mut Session) -> Result<RoomId, ChatError> {
        self.leave_room(session).await
    }

    async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError> {
        self.current_room(session).await
    }

    async fn history(
        &self,
        session: &Session,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, ChatError> {
        self.history(session, stretch, limit).await
    }

    async fn newest(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError> {
        self.newest(session, skip, limit).await
    }

    async fn mark_read(&self, session: &Session, seq: Seq) -> Result<(RoomId, Seq), ChatError> {
        self.mark_read(session, seq).await
    }

    async fn create_message(
        &self,
        session: &Session,
        text: &str,
        client_id: Option<ClientMsgId>,
        tag: Tag,
    ) -> Result<Option<Change>, ChatError> {
        self.create_message(session, text, client_id, tag).await
    }

    async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError> {
        self.edit_message(session, id, text, tag).await
    }

    async fn delete_messages(
        &self,
        session: &Session,
        ids: Vec<MessageId>,
        tag: Tag,
    ) -> Result<(), ChatError> {
        self.delete_messages(session, ids, tag).await
    }

    async fn disconnect(&self, mut session: Session) {
        self.empty_seat(&mut session);
    }
}

/// A write that other changes of its room kept overtaking.
fn overtaken() -> ChatError {
    Unavailable::passing("the room changed faster than a write could be judged").into()
}
