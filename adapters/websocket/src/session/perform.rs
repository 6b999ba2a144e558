//! From a request to its answer.

use std::panic::AssertUnwindSafe;

use aftermatch_ports::{
    ChatError,
    model::{MessageId, RoomId, Seq, Tag},
};
use aftermatch_protocol::{
    action::Action,
    close::Close,
    error::ProtocolError,
    event::existing_message,
    request::{self, AtLeast, EditMessage, Id, JoinRoom, Malformed, MarkRead, Parameters, Request},
    response::{self, ReadyParticipants},
};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::{Instrument, field};

use super::Conversation;
use crate::{encode, failure};

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
                let code = malformed.error.code;
                tracing::debug!(code = code.as_str(), "malformed request");
                let metrics = self.shared.hub.metrics();
                metrics.answered("none", code.status(), None);
                self.outbox
                    .push(encode::text(&response::malformed(&malformed)));
                return None;
            }
        };
        let span = tracing::debug_span!(
            "request",
            action = request.parameters.action().as_str(),
            request_id = request.request_id.as_str(),
            room = self.session.room.map(|room| room.0),
            status = field::Empty,
            duration_us = field::Empty,
        );
        self.respond(request).instrument(span).await
    }

    async fn respond(&mut self, request: Request<'_>) -> Option<Close> {
        let begun = Instant::now();
        let metrics = self.shared.hub.metrics();
        let Request {
            request_id: tag,
            parameters,
        } = request;
        let action = parameters.action();
        let name = action.as_str();
        if let Err(wait) = self.pace.admit(begun) {
            let status = self.refuse(action, &tag, ProtocolError::too_many_requests(wait));
            metrics.answered(name, status, None);
            return None;
        }
        // Whatever a bug costs, it is not this connection.
        let performed = AssertUnwindSafe(self.perform(parameters, &tag))
            .catch_unwind()
            .await;
        let (status, close) = match performed {
            Ok(Ok(status)) => (status, None),
            Ok(Err(error)) => {
                let close = last_refusal(&error);
                (self.refuse(action, &tag, failure::report(error)), close)
            }
            Err(_) => {
                tracing::error!(action = name, "a request panicked");
                (self.refuse(action, &tag, ProtocolError::internal()), None)
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

    fn refuse(&self, action: Action, tag: &Tag, error: ProtocolError) -> u16 {
        let refused = response::refused(action, tag, &error);
        self.outbox.push(encode::text(&refused));
        error.code.status()
    }

    /// Does what is asked, and sees to it that the answer is delivered: by the
    /// hub where it is a change, which everyone joined is told in the same frame.
    async fn perform(&mut self, parameters: Parameters<'_>, tag: &Tag) -> Result<u16, ChatError> {
        let chat = &self.shared.chat;
        let tag_for_all = tag.clone();
        let answer = match parameters {
            Parameters::List(list) => self.list(tag, &list).await?,
            Parameters::JoinRoom(JoinRoom { room_pk, since_seq }) => {
                let since = since_seq.map(|AtLeast(seq)| Seq(seq));
                self.join(RoomId(room_pk.0), since, tag).await?;
                return Ok(200);
            }
            Parameters::LeaveRoom => {
                self.flush();
                let room = chat.leave_room(&mut self.session).await?;
                encode::text(&response::left(tag, room))
            }
            Parameters::CurrentRoomInfo => {
                let room = chat.current_room(&self.session).await?;
                encode::text(&response::current_room(tag, &room))
            }
            Parameters::GetRoomMessages(which) => self.messages(tag, which).await?,
            Parameters::MarkRead(MarkRead { seq: AtLeast(seq) }) => {
                let (room, seq) = chat.mark_read(&self.session, Seq(seq)).await?;
                encode::text(&response::read(tag, room, seq))
            }
            Parameters::CreateMessage { text, client_id } => {
                let create = chat.create_message(&self.session, &text, client_id, tag_for_all);
                let existing = create.await?;
                self.told = self.session.room;
                let Some(existing) = existing else {
                    return Ok(201);
                };
                let participants = ReadyParticipants::of(&existing.room.room);
                encode::text(&existing_message(&existing, &participants))
            }
            Parameters::EditMessage(EditMessage {
                msg_id: Id(id),
                edited_msg_text: text,
            }) => {
                chat.edit_message(&self.session, MessageId(id), &text, tag_for_all)
                    .await?;
                self.told = self.session.room;
                return Ok(200);
            }
            Parameters::DeleteMessages(delete) => {
                chat.delete_messages(&self.session, delete.msg_id_list.0, tag_for_all)
                    .await?;
                self.told = self.session.room;
                return Ok(200);
            }
        };
        self.outbox.push(answer);
        Ok(200)
    }
}

/// The answer to a frame that is not text.
pub(super) fn binary_frame() -> Bytes {
    let malformed = Malformed::unreadable(ProtocolError::binary_frame());
    encode::text(&response::malformed(&malformed))
}

fn last_refusal(error: &ChatError) -> Option<Close> {
    match error {
        ChatError::Refused(refusal) => Close::after(refusal),
        ChatError::Unavailable(_) => None,
    }
}
