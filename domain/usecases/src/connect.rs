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
            revision: user.revision,
            endpoint,
            room: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, Unavailable,
        model::{User, UserId, rules::Claims},
    };
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, admin, ann, failure, refusal};

    /// Where `token` is a good one of `user`, at second 10.
    fn bearing(user: UserId) -> Mocks {
        bearing_claims(Claims {
            user,
            expires: 11,
            not_before: Some(10),
        })
    }

    fn bearing_claims(claims: Claims) -> Mocks {
        let mut mocks = Mocks::new();
        let verify = mocks.tokens.expect_verify();
        verify
            .withf(|token| token == "token")
            .return_const(Ok(claims));
        mocks
    }

    fn connect(mocks: Mocks, endpoint: Endpoint) -> Result<Session, ChatError> {
        block_on(mocks.chat().connect("token", endpoint))
    }

    #[test]
    fn the_bearer_of_a_good_token_has_a_session_without_a_room() {
        for (user, endpoint) in [(ann(), Endpoint::Chat), (admin(), Endpoint::AdminChat)] {
            let mocks = bearing(user.id).finding_user(Read::Fresh, &user);
            let session = connect(mocks, endpoint).unwrap();
            let id = session.id;
            let expected = Session {
                id,
                user: user.id,
                revision: user.revision,
                endpoint,
                room: None,
            };
            assert_eq!(session, expected);
        }
    }

    #[test]
    fn two_connections_of_one_user_are_two() {
        let chat = bearing(ann().id).finding_user(Read::Fresh, &ann()).chat();
        let [one, other] = [(); 2].map(|()| block_on(chat.connect("token", Endpoint::Chat)));
        assert_ne!(one.unwrap().id, other.unwrap().id);
    }

    #[test]
    fn without_a_good_token_no_user_is_read() {
        let mut forged = Mocks::new();
        let verify = forged.tokens.expect_verify();
        verify.return_const(Err(Refusal::TokenInvalid));
        let good = Claims {
            user: ann().id,
            expires: 11,
            not_before: None,
        };
        let expired = Claims {
            expires: 10,
            ..good
        };
        let early = Claims {
            not_before: Some(11),
            ..good
        };
        for (mocks, expected) in [
            (forged, Refusal::TokenInvalid),
            (bearing_claims(expired), Refusal::TokenExpired),
            (bearing_claims(early), Refusal::TokenInvalid),
        ] {
            assert_eq!(refusal(connect(mocks, Endpoint::Chat)), expected);
        }
    }

    #[test]
    fn the_endpoint_opens_to_whom_the_rules_say() {
        let off = User {
            active: false,
            ..ann()
        };
        for (user, bearer, endpoint, expected) in [
            (ann(), UserId(404), Endpoint::Chat, Refusal::UserUnknown),
            (off, ann().id, Endpoint::Chat, Refusal::UserDeactivated),
            (admin(), admin().id, Endpoint::Chat, Refusal::BrandRequired),
            (ann(), ann().id, Endpoint::AdminChat, Refusal::AdminRequired),
        ] {
            let mocks = bearing(bearer).finding_user(Read::Fresh, &user);
            assert_eq!(refusal(connect(mocks, endpoint)), expected);
        }
    }

    #[test]
    fn a_user_who_cannot_be_read_is_not_unknown() {
        let mut mocks = bearing(ann().id);
        let user = mocks.people.expect_user();
        user.returning(|_, _| Err(Unavailable::passing("the store is away")));
        assert!(failure(connect(mocks, Endpoint::Chat)).is_passing());
    }
}
