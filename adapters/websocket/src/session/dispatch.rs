//! From a request to its response.

use std::{panic::AssertUnwindSafe, time::Duration};

use aftermatch_ports::{
    ChatError, Join, Since, Submission,
    model::{MessageId, RequestId, RoomId, Seq},
};
use aftermatch_protocol::{
    action::Action,
    close::Close,
    error::ProtocolError,
    request::{
        self, AtLeast, EditMessage, Id, Ids, JoinRoom, Malformed, MarkRead, Parameters, Renew,
        Request, ShortText,
    },
    response::{self, Allowed},
};
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

use super::conversation::Conversation;
use crate::encode;

impl Conversation<'_> {
    /// Answers a text frame. `admitted`: whether the connection may send it already.
    /// Returns how to close the connection of a user who lost the right to this endpoint;
    /// the refusal is queued before.
    pub(super) async fn respond_to_frame(
        &mut self,
        frame: &[u8],
        admitted: Result<(), Duration>,
    ) -> Option<Close> {
        match self.decode(frame, admitted) {
            Ok((request, admitted)) => self.respond(request, admitted).await,
            Err(malformed) => {
                self.refuse_malformed(malformed, admitted);
                None
            }
        }
    }

    /// The request, and whether its user may send it already.
    pub(super) fn decode<'f>(
        &self,
        frame: &'f [u8],
        admitted: Result<(), Duration>,
    ) -> Result<(Request<'f>, Result<(), Duration>), Malformed> {
        let metrics = self.state.hub.metrics();
        metrics.bytes_received.inc_by(frame.len() as u64);
        let request = request::decode(frame, self.session.endpoint)?;
        let admitted = admitted.and_then(|()| self.admit_write(&request.parameters));
        Ok((request, admitted))
    }

    fn span_of(&self, request: &Request<'_>) -> Span {
        let room = match &request.parameters {
            Parameters::JoinRoom(join) => Some(RoomId(join.room_pk.0)),
            _ => self.connection.joined(),
        };
        span(request.parameters.action(), &request.request_id, room)
    }

    /// Answers a binary frame.
    pub(super) fn refuse_binary(&self, admitted: Result<(), Duration>) {
        let malformed = Malformed::unreadable(ProtocolError::binary_frame());
        self.refuse_malformed(malformed, admitted);
    }

    pub(super) fn refuse_malformed(
        &self,
        mut malformed: Malformed,
        admitted: Result<(), Duration>,
    ) {
        if let Err(wait) = admitted {
            malformed.error = ProtocolError::too_many_requests(wait);
        }
        let code = malformed.error.code;
        tracing::debug!(code = code.as_str(), "malformed request");
        self.state
            .hub
            .metrics()
            .responded("none", code.status(), None);
        let response = response::malformed(&malformed);
        self.outbox().respond(encode::text(&response));
    }

    /// Admits a write of the user in the joined room, or returns how long to wait.
    fn admit_write(&self, parameters: &Parameters<'_>) -> Result<(), Duration> {
        let writes = matches!(
            parameters,
            Parameters::CreateMessage { .. }
                | Parameters::EditMessage(_)
                | Parameters::DeleteMessages { .. }
        );
        match self.connection.joined() {
            Some(room) if writes => {
                let limiter = &self.state.writes;
                limiter.admit(self.session.user, room, Instant::now())
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn respond(
        &mut self,
        request: Request<'_>,
        admitted: Result<(), Duration>,
    ) -> Option<Close> {
        let span = self.span_of(&request);
        self.respond_in_span(request, admitted)
            .instrument(span)
            .await
    }

    async fn respond_in_span(
        &mut self,
        request: Request<'_>,
        admitted: Result<(), Duration>,
    ) -> Option<Close> {
        let started = Instant::now();
        let metrics = self.state.hub.metrics();
        let Request {
            request_id,
            parameters,
        } = request;
        let action = parameters.action();
        let name = action.as_str();
        if let Err(wait) = admitted {
            self.is_refused = true;
            let error = ProtocolError::too_many_requests(wait);
            let status = self.refuse(action, &request_id, error);
            metrics.responded(name, status, None);
            Span::current().record("status", status);
            tracing::debug!("answered");
            return None;
        }
        // A panic in a use case must not close the connection.
        let performed = AssertUnwindSafe(self.perform(parameters, &request_id))
            .catch_unwind()
            .await;
        self.answered(action, &request_id, started, performed.ok())
    }

    /// What was performed for a request has this status. `None`: that panicked. Refuses the
    /// request unless it has a response. Returns how to close the connection.
    pub(super) fn answered(
        &self,
        action: Action,
        request_id: &RequestId,
        started: Instant,
        performed: Option<Result<u16, ChatError>>,
    ) -> Option<Close> {
        let (metrics, name) = (self.state.hub.metrics(), action.as_str());
        let (status, close) = match performed {
            Some(Ok(status)) => {
                self.state.failures.succeeded();
                (status, None)
            }
            Some(Err(error)) => {
                let close = last_refusal(&error);
                let error = self.state.failures.report(error);
                (self.refuse(action, request_id, error), close)
            }
            None => {
                tracing::error!(action = name, "a request panicked");
                let status = self.refuse(action, request_id, ProtocolError::internal());
                (status, None)
            }
        };
        let took = started.elapsed();
        metrics.responded(name, status, Some(took));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        Span::current()
            .record("status", status)
            .record("duration_us", micros);
        tracing::debug!("answered");
        close
    }

    fn refuse(&self, action: Action, request_id: &RequestId, error: ProtocolError) -> u16 {
        let refused = response::refused(action, request_id, &error);
        self.outbox().respond(encode::text(&refused));
        Span::current().record("error_code", error.code.as_str());
        error.code.status()
    }

    /// Performs the action. Its response is queued here, unless it is an event:
    /// delivery queues that for everyone joined, the requester included.
    async fn perform(
        &mut self,
        parameters: Parameters<'_>,
        request_id: &RequestId,
    ) -> Result<u16, ChatError> {
        let (state, session) = (self.state, &self.session);
        let chat = &state.chat;
        let response = match parameters {
            Parameters::List(list) => {
                self.list(request_id, &list).await?;
                return Ok(200);
            }
            Parameters::Follow(follow) => {
                let followed = chat.follow(session, follow).await?;
                self.expires(followed.token_left, false);
                let limits = &state.limits;
                let allowed = Allowed {
                    frame_bytes: limits.frame_bytes,
                    requests_per_second: limits.requests_per_second,
                    ping: limits.ping,
                    idle: limits.idle,
                };
                encode::text(&response::followed(request_id, &followed, allowed))
            }
            Parameters::Renew(Renew { token }) => {
                let renewed = chat.renew(session, &token).await?;
                self.expires(renewed.left, true);
                encode::text(&response::renewed(request_id, renewed.expires))
            }
            Parameters::Typing => {
                let room = chat.typing(session).await?;
                encode::text(&response::typing(request_id, room))
            }
            Parameters::JoinRoom(JoinRoom {
                room_pk,
                since_seq,
                epoch,
                lean,
            }) => {
                let epoch = epoch.map(|ShortText(epoch)| epoch);
                let since = since_seq.map(|AtLeast(seq)| Since {
                    seq: Seq(seq),
                    epoch,
                });
                let join = Join {
                    room: RoomId(room_pk.0),
                    since,
                    is_lean: lean.unwrap_or_default(),
                    with_read_positions: self.connection.receives().read_positions,
                };
                self.join(join, request_id).await?;
                return Ok(200);
            }
            Parameters::LeaveRoom => {
                let room = chat.leave_room(session).await?;
                encode::text(&response::left(request_id, room))
            }
            Parameters::CurrentRoomInfo => {
                let room = chat.current_room(session).await?;
                encode::text(&response::current_room(request_id, &room))
            }
            Parameters::GetRoomMessages(which) => {
                self.messages(request_id, which).await?;
                return Ok(200);
            }
            Parameters::SearchMessages(search) => {
                self.search(request_id, &search).await?;
                return Ok(200);
            }
            Parameters::GetMessageHistory(history) => {
                self.message_history(request_id, history).await?;
                return Ok(200);
            }
            Parameters::GetAudit(audit) => {
                self.audit(request_id, audit).await?;
                return Ok(200);
            }
            Parameters::MarkRead(MarkRead {
                seq: AtLeast(seq),
                private,
            }) => {
                let is_private = private.unwrap_or_default();
                let marked = chat.mark_read(session, Seq(seq), is_private);
                let (room, seq) = marked.await?;
                encode::text(&response::read(request_id, room, seq))
            }
            Parameters::CreateMessage {
                text,
                attachments,
                client_msg_id,
            } => {
                let message = Submission {
                    text: text.into_owned(),
                    attachments,
                    client_msg_id,
                    request_id: request_id.clone(),
                };
                return self.create(message).await;
            }
            Parameters::EditMessage(EditMessage {
                msg_id: Id(id),
                edited_msg_text: text,
            }) => {
                let edit = chat.edit_message(session, MessageId(id), &text, request_id.clone());
                edit.await?;
                return Ok(200);
            }
            Parameters::DeleteMessages {
                ids: Ids(ids),
                reason,
            } => {
                let delete = chat.delete_messages(session, ids, reason, request_id.clone());
                delete.await?;
                return Ok(200);
            }
        };
        self.outbox().respond(response);
        Ok(200)
    }
}

pub(super) fn span(action: Action, request_id: &RequestId, room: Option<RoomId>) -> Span {
    tracing::debug_span!(
        "request",
        action = action.as_str(),
        // As JSON: a string without its quotes.
        request_id = request_id.as_str().map(|id| id.trim_matches('"')),
        room = room.map(|room| room.0),
        status = field::Empty,
        error_code = field::Empty,
        duration_us = field::Empty,
    )
}

/// How long a connection stays open after its access token has ended.
const EXPIRY_GRACE: Duration = Duration::from_secs(30);

/// A token that lasts longer does not end.
const FOR_EVER: Duration = Duration::from_hours(100 * 365 * 24);

impl Conversation<'_> {
    /// The access token ends after `left`. If operators want that, the connection is closed
    /// then, unless another one comes: it has followed or renewed, and so knows how. Only a
    /// renewal moves the end.
    fn expires(&mut self, left: Duration, is_renewed: bool) {
        if self.state.limits.close_expired && (is_renewed || self.expiry.is_none()) {
            self.expiry = Some(Instant::now() + left.min(FOR_EVER) + EXPIRY_GRACE);
        }
    }
}

/// How to close the connection after this error, if it ends the session.
fn last_refusal(error: &ChatError) -> Option<Close> {
    match error {
        ChatError::Refused(refusal) => Close::after(refusal),
        ChatError::Store(_) => None,
    }
}
