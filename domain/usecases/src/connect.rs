use std::sync::atomic::Ordering;

use aftermatch_ports::{
    ChatError, Read,
    model::{Endpoint, Refusal, Session, SessionId, rules},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn connect(
        &self,
        token: &str,
        endpoint: Endpoint,
    ) -> Result<Session, ChatError> {
        let claims = self.tokens.verify(token)?;
        rules::token(&claims, self.clock.now())?;
        let user = self.people.user(claims.user, Read::Fresh).await?;
        let user = user.ok_or(Refusal::UserUnknown)?;
        rules::viewer(&user, endpoint)?;
        Ok(Session {
            id: SessionId(self.last_session.fetch_add(1, Ordering::Relaxed) + 1),
            user: user.id,
            endpoint,
            room: None,
        })
    }
}
