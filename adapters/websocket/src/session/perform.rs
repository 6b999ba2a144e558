//! From a request to its answer.

use std::panic::AssertUnwindSafe;

use aftermatch_ports::{ChatError, model::Tag};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::{Instrument, field};

use super::Conversation;
use crate::{
    answer,
    error::{Code, WireError},
    json,
    request::{self, Action, Malformed, Request},
    transport::Close,
};

impl Conversation<'_> {
    /// Answers a text frame. A user who lost the right to be here is told so and
    /// then closed.
    pub(super) async fn answer(&mut self, frame: &[u8]) -> Option<Close> {
        let seat = self.session.room;
        if seat.is_some_and(|room| self.outbox.forget_eviction(room)) {
            self.session.room = None;
        }
        let metrics = self.shared.hub.metrics();
        metrics.bytes_received.inc_by(frame.len() as u64);
        let request = match request::decode(frame, self.session.endpoint) {
            Ok(request) => request,
            Err(malformed) => {
                let (status, code) = malformed.error.code.wire();
                tracing::debug!(code, "malformed request");
                self.shared.hub.metrics().answered("none", status, None);
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
        let metrics = self.shared.hub.metrics();
        let Request { tag, action } = request;
        let name = action.name();
        if let Err(wait) = self.pace.admit(begun) {
            let status = self.refuse(name, &tag, WireError::too_many_requests(wait));
            metrics.answered(name, status, None);
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
        let took = begun.elapsed();
        metrics.answered(name, status, Some(took));
        let span = tracing::Span::current();
        span.record("status", status);
        span.record("duration_us", took.as_micros());
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
            Action::List(None) => self.list(tag).await?,
            Action::List(Some(portion)) => self.portion(tag, &portion).await?,
            Action::JoinRoom { room, since } => {
                self.join(room, since, tag).await?;
                return Ok(200);
            }
            Action::LeaveRoom => {
                self.flush();
                answer::left(tag, chat.leave_room(&mut self.session).await?)
            }
            Action::CurrentRoomInfo => answer::room(tag, &chat.current_room(&self.session).await?),
            Action::GetRoomMessages(which) => self.messages(tag, which).await?,
            Action::MarkRead { seq } => {
                let (room, seq) = chat.mark_read(&self.session, seq).await?;
                answer::read(tag, room, seq)
            }
            Action::CreateMessage { text, client_id } => {
                let create = chat.create_message(&self.session, &text, client_id, tag_for_all);
                let repeated = create.await?;
                self.told = self.session.room;
                let Some(repeated) = repeated else {
                    return Ok(201);
                };
                answer::repeated(&repeated, &json::participants_of(&repeated.room.room))
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
        ChatError::Refused(refusal) => Close::after(refusal),
        ChatError::Unavailable(_) => None,
    }
}
