//! What the service does when a client sends a request. One file for each use
//! case, and each takes the same steps: load, decide (the model does), commit,
//! deliver.

mod audit;
mod authorize;
mod connect;
mod current_room;
mod follow;
mod history;
mod join_room;
mod leave_room;
mod list_rooms;
mod mark_read;
mod message_history;
mod platform;
mod ports;
mod renew;
mod search;
pub mod sync;
#[cfg(test)]
mod testing;
mod typing;
mod write;

use std::sync::atomic::{AtomicI64, Ordering};

use aftermatch_ports::{
    AuditPage, Chat, ChatError, CreateAnswer, Follow, Followed, FoundPiece, HistoryPage,
    HistoryRange, Join, Joined, ListedRoom, Page, Renewed, Replay, Rest, Submission, VersionsPage,
    model::{
        Endpoint, Message, MessageId, Reason, RequestId, RequestedId, RoomId, RoomView, Seq,
        Session, SessionId,
    },
};
use async_trait::async_trait;

pub use ports::Ports;

/// The use cases on the given [`Ports`].
pub struct UseCases {
    ports: Ports,
    last_session: AtomicI64,
}

impl UseCases {
    /// The use cases on `ports`.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            last_session: AtomicI64::new(0),
        }
    }

    /// What the use cases run on. [`sync`] needs it, too.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }
}

#[async_trait]
impl Chat for UseCases {
    async fn connect(&self, token: &str, endpoint: Endpoint) -> Result<Session, ChatError> {
        let id = SessionId(self.last_session.fetch_add(1, Ordering::Relaxed) + 1);
        connect::run(&self.ports, id, token, endpoint).await
    }

    async fn list_rooms(
        &self,
        session: &Session,
        page: Page,
    ) -> Result<Vec<ListedRoom>, ChatError> {
        list_rooms::run(&self.ports, session, page).await
    }

    async fn follow(&self, session: &Session, follow: Follow) -> Result<Followed, ChatError> {
        follow::run(&self.ports, session, follow).await
    }

    async fn join_room(&self, session: &Session, join: Join) -> Result<Joined, ChatError> {
        join_room::run(&self.ports, session, &join).await
    }

    async fn replay_rest(&self, rest: Rest) -> Result<Replay, ChatError> {
        join_room::replay::run(&self.ports, rest).await
    }

    async fn leave_room(&self, session: &Session) -> Result<RoomId, ChatError> {
        leave_room::run(&self.ports, session)
    }

    async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError> {
        current_room::run(&self.ports, session).await
    }

    async fn history(
        &self,
        session: &Session,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, ChatError> {
        history::range(&self.ports, session, range, limit).await
    }

    async fn page(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError> {
        history::page(&self.ports, session, skip, limit).await
    }

    async fn renew(&self, session: &Session, token: &str) -> Result<Renewed, ChatError> {
        renew::run(&self.ports, session, token)
    }

    async fn search(
        &self,
        session: &Session,
        text: &str,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<FoundPiece, ChatError> {
        search::run(&self.ports, session, text, before, limit).await
    }

    async fn message_history(
        &self,
        session: &Session,
        message: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<(RoomId, VersionsPage), ChatError> {
        message_history::run(&self.ports, session, message, before, limit).await
    }

    async fn audit(
        &self,
        session: &Session,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<(RoomId, AuditPage), ChatError> {
        audit::run(&self.ports, session, before, limit).await
    }

    async fn typing(&self, session: &Session) -> Result<RoomId, ChatError> {
        typing::run(&self.ports, session).await
    }

    async fn mark_read(
        &self,
        session: &Session,
        seq: Seq,
        is_private: bool,
    ) -> Result<(RoomId, Seq), ChatError> {
        mark_read::run(&self.ports, session, seq, is_private).await
    }

    async fn create_messages(
        &self,
        session: &Session,
        messages: Vec<Submission>,
        answer: &mut (dyn FnMut(CreateAnswer) + Send),
    ) {
        write::create::run(&self.ports, session, messages, answer).await;
    }

    async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        request_id: RequestId,
    ) -> Result<(), ChatError> {
        write::edit::run(&self.ports, session, id, text, request_id).await
    }

    async fn delete_messages(
        &self,
        session: &Session,
        ids: Vec<RequestedId>,
        reason: Option<Reason>,
        request_id: RequestId,
    ) -> Result<(), ChatError> {
        write::delete::run(&self.ports, session, ids, reason, request_id).await
    }
}
