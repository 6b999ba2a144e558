//! Creating messages: one by itself, or those that came while the last one waited for the
//! store. These wait together: a client that sends many messages waits for a few commits.

use std::{collections::VecDeque, panic::AssertUnwindSafe, time::Duration};

use aftermatch_ports::{ChatError, CreateAnswer, StoreError, Submission};
use aftermatch_protocol::{
    action::Action,
    close::Close,
    event::existing_message,
    request::{Parameters, Request},
    response::ReadyParticipants,
};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;

use super::{conversation::Conversation, dispatch::span};
use crate::encode;

/// The most messages that wait together: their responses come at once, however fast the client
/// reads.
const TOGETHER: usize = 16;

impl Conversation<'_> {
    /// Creates one message.
    pub(super) async fn create(&self, message: Submission) -> Result<u16, ChatError> {
        let mut result = None;
        let mut answer = |answer| result = Some(self.created(answer));
        let create = self
            .state
            .chat
            .create_messages(&self.session, vec![message], &mut answer);
        create.await;
        result.unwrap_or_else(|| Err(StoreError::permanent("a message without an answer").into()))
    }

    /// Answers a text frame. If it creates a message, the frames that were read already are
    /// answered with it, as long as they create messages, too. Returns how to close the
    /// connection.
    pub(super) async fn respond_together(
        &mut self,
        mut frame: Bytes,
        mut admitted: Result<(), Duration>,
    ) -> Option<Close> {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        loop {
            let other = match self.decode(&frame, admitted) {
                Ok((request, Ok(()))) => match submission(request) {
                    Ok(message) => {
                        messages.push(message);
                        None
                    }
                    Err(request) => Some(Ok((request, Ok(())))),
                },
                other => Some(other),
            };
            if let Some(other) = other {
                let close = self.create_all(messages).await;
                if close.is_some() {
                    return close;
                }
                return match other {
                    Ok((request, admitted)) => self.respond(request, admitted).await,
                    Err(malformed) => {
                        self.refuse_malformed(malformed, admitted);
                        None
                    }
                };
            }
            bytes += frame.len();
            // Not many that inflate to much.
            let is_full = messages.len() == TOGETHER || bytes > self.state.limits.frame_bytes;
            let next = if is_full { None } else { self.next_text() };
            let Some(next) = next else {
                return self.create_all(messages).await;
            };
            (frame, admitted) = next;
        }
    }

    /// Answers requests to create these messages, in this order.
    async fn create_all(&self, messages: Vec<Submission>) -> Option<Close> {
        if messages.is_empty() {
            return None;
        }
        let started = Instant::now();
        let requests = messages.iter();
        let mut unanswered: VecDeque<_> = requests.map(|each| each.request_id.clone()).collect();
        let mut close = None;
        let mut answer = |result: Option<CreateAnswer>| {
            let Some(request_id) = unanswered.front() else {
                return false;
            };
            let span = span(Action::CreateMessage, request_id, self.connection.joined());
            let ending = span.in_scope(|| {
                let performed = result.map(|answer| self.created(answer));
                self.answered(Action::CreateMessage, request_id, started, performed)
            });
            close = close.or(ending);
            unanswered.pop_front();
            true
        };
        let mut each = |result| {
            answer(Some(result));
        };
        let create = self
            .state
            .chat
            .create_messages(&self.session, messages, &mut each);
        // A panic in a use case must not close the connection.
        let _ = AssertUnwindSafe(create).catch_unwind().await;
        while answer(None) {}
        close
    }

    /// The status of a message, whose response is queued unless it is an event.
    fn created(&self, answer: CreateAnswer) -> Result<u16, ChatError> {
        let Some(existing) = answer? else {
            return Ok(201);
        };
        let participants = ReadyParticipants::of(&existing.room.room);
        let response = existing_message(&existing, Some(&participants));
        self.outbox().respond(encode::text(&response));
        Ok(200)
    }
}

/// The message that a request creates, or the request if it does something else.
fn submission(request: Request<'_>) -> Result<Submission, Request<'_>> {
    match request.parameters {
        Parameters::CreateMessage {
            text,
            attachments,
            client_msg_id,
        } => Ok(Submission {
            text: text.into_owned(),
            attachments,
            client_msg_id,
            request_id: request.request_id,
        }),
        parameters => Err(Request {
            request_id: request.request_id,
            parameters,
        }),
    }
}
