//! From a request to its answer.

use std::panic::AssertUnwindSafe;

use aftermatch_ports::{
    ChatError, Page,
    model::{Refusal, Tag},
};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::{Instrument, field};

use super::Conversation;
use crate::{
    answer::{self, RoomList},
    error::{Code, WireError},
    outbox::Close,
    request::{self, Action, Malformed, Request},
};

/// So many rooms are asked for at a time: a long list neither stands in memory
/// twice nor keeps others waiting.
const PAGE: usize = 500;

impl Conversation<'_> {
    /// Answers a text frame. A user who lost the right to be here is told so and
    /// then closed.
    pub(super) async fn answer(&mut self, frame: &[u8]) -> Option<Close> {
        let request = match request::decode(frame, self.session.endpoint) {
            Ok(request) => request,
            Err(malformed) => {
                tracing::debug!(code = malformed.error.code.wire().1, "malformed request");
                self.outbox.push(answer::malformed(&malformed));
                return None;
            }
        };
        let span = tracing::debug_span!(
            "request",
            action = request.action.name(),
            request_id = request.tag.as_str(),
            room = self.session.room.map(|room| room.0),
            status = field::Empty,
            duration_us = field::Empty,
        );
        self.respond(request).instrument(span).await
    }

    async fn respond(&mut self, request: Request<'_>) -> Option<Close> {
        let begun = Instant::now();
        let Request { tag, action } = request;
        let name = action.name();
        if let Err(wait) = self.pace.admit(begun) {
            self.refuse(name, &tag, WireError::too_many_requests(wait));
            return None;
        }
        // Whatever a bug costs, it is not this connection.
        let performed = AssertUnwindSafe(self.perform(action, &tag))
            .catch_unwind()
            .await;
        let (status, close) = match performed {
            Ok(Ok(status)) => (status, None),
            Ok(Err(error)) => {
                let close = last_refusal(&error);
                (self.refuse(name, &tag, error.into()), close)
            }
            Err(_) => {
                tracing::error!(action = name, "a request panicked");
                (self.refuse(name, &tag, WireError::internal()), None)
            }
        };
        let span = tracing::Span::current();
        span.record("status", status);
        span.record("duration_us", begun.elapsed().as_micros());
        tracing::debug!("answered");
        close
    }

    fn refuse(&self, action: &str, tag: &Tag, error: WireError) -> u16 {
        self.outbox.push(answer::refused(action, tag, &error));
        error.status()
    }

    /// Does what is asked, and sees to it that the answer is delivered: by the
    /// hub where it is a change, which everyone joined is told in the same frame.
    async fn perform(&mut self, action: Action<'_>, tag: &Tag) -> Result<u16, ChatError> {
        let chat = &self.shared.chat;
        let tag_for_all = tag.clone();
        let answer = match action {
            Action::List => self.list(tag).await?,
            Action::JoinRoom { room } => {
                self.flush();
                let joined = chat.join_room(&mut self.session, room).await?;
                let answer = answer::room("join_room", tag, &joined.view);
                if let Some(since) = joined.since {
                    self.shared.hub.seat(self.session.id, room, since, answer);
                    return Ok(200);
                }
                answer
            }
            Action::LeaveRoom => {
                self.flush();
                answer::left(tag, chat.leave_room(&mut self.session).await?)
            }
            Action::CurrentRoomInfo => {
                let view = chat.current_room(&self.session).await?;
                answer::room("current_room_info", tag, &view)
            }
            Action::CreateMessage { text } => {
                chat.create_message(&self.session, &text, tag_for_all)
                    .await?;
                self.told = self.session.room;
                return Ok(201);
            }
            Action::EditMessage { id, text } => {
                chat.edit_message(&self.session, id, &text, tag_for_all)
                    .await?;
                self.told = self.session.room;
                return Ok(200);
            }
            Action::DeleteMessages { ids } => {
                chat.delete_messages(&self.session, ids, tag_for_all)
                    .await?;
                self.told = self.session.room;
                return Ok(200);
            }
        };
        self.outbox.push(answer);
        Ok(200)
    }

    async fn list(&self, tag: &Tag) -> Result<Bytes, ChatError> {
        let mut list = RoomList::new();
        let mut page = Page {
            after: None,
            limit: PAGE,
        };
        loop {
            let rooms = self.shared.chat.list(&self.session, page).await?;
            rooms.iter().for_each(|view| list.add(view));
            match rooms.last() {
                Some(last) if rooms.len() == PAGE => page.after = Some(last.room.id),
                _ => return Ok(list.finish(tag)),
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The answer to a frame that is no text.
pub(super) fn binary_frame() -> Bytes {
    answer::malformed(&Malformed {
        action: None,
        tag: None,
        error: WireError::new(
            Code::BinaryFrame,
            "this is a binary frame: send the request as a text frame",
        ),
    })
}

fn last_refusal(error: &ChatError) -> Option<Close> {
    match error {
        ChatError::Refused(Refusal::UserDeactivated) => Some(Close::DEACTIVATED),
        ChatError::Refused(Refusal::BrandRequired | Refusal::AdminRequired) => {
            Some(Close::NO_RIGHT)
        }
        _ => None,
    }
}
