//! The HTTP API of the platform: it puts its users, brands and rooms, and writes messages, when
//! it cannot share a database with the chat. `adapters/protocol` has the table of the requests
//! and their shapes; `adapters/world` reads records as in a world file.
//!
//! # How a request is answered
//! 1. `tokens`: without a valid token nothing else is looked at.
//! 2. `route` finds the operation of method and path.
//! 3. `gate`: only so many requests run at once.
//! 4. `query` and `body` read what it says; `perform` calls the [`Platform`] port.
//!    `events` has what the platform asks for in place of a webhook.
//! 5. `failure` logs what operators have to know; `response` writes the outcome: every refusal
//!    has the same shape.

mod body;
mod events;
mod failure;
mod gate;
mod perform;
mod query;
mod response;
mod route;
mod tokens;

use std::sync::Arc;

use aftermatch_ports::Platform;
use aftermatch_protocol::api::ApiError;
use poem::{Endpoint, Request, Response};

pub use self::events::Events;
pub use self::tokens::{ApiTokens, MIN_TOKEN_BYTES, TokenError};
use self::{failure::Failures, gate::Gate, response::Refused};

/// Sockets that may be open on the port of the API. An eighth of them may be idle connections of
/// one machine, and a platform has some on each.
pub const SOCKETS: usize = 256;

/// Answers the requests of a platform that has one of `tokens`.
pub struct Api {
    platform: Arc<dyn Platform>,
    /// `None`: switched off.
    events: Option<Arc<Events>>,
    tokens: ApiTokens,
    gate: Gate,
    failures: Failures,
}

impl Api {
    /// The API of `platform`.
    #[must_use]
    pub fn new(
        platform: Arc<dyn Platform>,
        events: Option<Arc<Events>>,
        tokens: ApiTokens,
    ) -> Self {
        Self {
            platform,
            events,
            tokens,
            gate: Gate::default(),
            failures: Failures::default(),
        }
    }

    async fn answer(&self, request: Request) -> Result<Response, Refused> {
        self.tokens.check(request.headers())?;
        let route = route::find(request.method().as_str(), request.uri().path())?;
        let _permit = self.gate.enter().await?;
        let action = route.operation.action;
        let answered =
            perform::perform(&*self.platform, self.events.as_deref(), route, request).await;
        self.failures.note(action, answered.as_ref().err());
        answered.map_err(|failure| Refused::new(failure.into()))
    }
}

impl Endpoint for Api {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(match self.answer(request).await {
            Ok(response) => response,
            Err(refused) => refused.response(),
        })
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests;
