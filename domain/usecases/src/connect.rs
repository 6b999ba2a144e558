use aftermatch_ports::{
    ChatError, Read,
    model::{Endpoint, Refusal, Session, SessionId, access},
};

use crate::Ports;

/// Opens the session `id` for the user of `token`.
pub(crate) async fn run(
    ports: &Ports,
    id: SessionId,
    token: &str,
    endpoint: Endpoint,
) -> Result<Session, ChatError> {
    let claims = ports.tokens.verify(token)?;
    access::check_token(&claims, ports.clock.now(), ports.token_leeway)?;
    let user = ports.people.user(claims.user, Read::Fresh).await?;
    let user = user.ok_or(Refusal::UserUnknown)?;
    let viewer = access::authorize(&user, endpoint)?;
    Ok(Session {
        id,
        user: user.id,
        endpoint,
        viewer,
        token_expires: claims.expires,
    })
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, StoreError,
        model::{User, UserId, access::Claims},
    };
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, admin, ann, failure, refusal, session_of};

    /// At second 10, `token` is a valid token of `user`.
    fn with_token_of(user: UserId) -> Mocks {
        with_claims(Claims {
            user,
            expires: 11,
            not_before: Some(10),
        })
    }

    fn with_claims(claims: Claims) -> Mocks {
        let mut mocks = Mocks::seated_in(None).at_second_10();
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
    fn connect_valid_token_opens_session() {
        for (user, endpoint) in [(ann(), Endpoint::Chat), (admin(), Endpoint::AdminChat)] {
            let mocks = with_token_of(user.id).finding_user(Read::Fresh, &user);
            let session = connect(mocks, endpoint).unwrap();
            let expected = Session {
                id: session.id,
                token_expires: 11,
                ..session_of(&user)
            };
            assert_eq!(session, expected);
        }
    }

    #[test]
    fn connect_twice_gives_two_session_ids() {
        let mocks = with_token_of(ann().id).finding_user(Read::Fresh, &ann());
        let chat = mocks.chat();
        let [one, other] = [(); 2].map(|()| block_on(chat.connect("token", Endpoint::Chat)));
        assert_ne!(one.unwrap().id, other.unwrap().id);
    }

    #[test]
    fn connect_invalid_token_reads_no_user() {
        let mut forged = Mocks::new();
        let verify = forged.tokens.expect_verify();
        verify.return_const(Err(Refusal::TokenInvalid));
        let valid = Claims {
            user: ann().id,
            expires: 11,
            not_before: None,
        };
        let expired = Claims {
            expires: 10,
            ..valid
        };
        let early = Claims {
            not_before: Some(11),
            ..valid
        };
        for (mocks, expected) in [
            (forged, Refusal::TokenInvalid),
            (with_claims(expired), Refusal::TokenExpired),
            (with_claims(early), Refusal::TokenInvalid),
        ] {
            assert_eq!(refusal(connect(mocks, Endpoint::Chat)), expected);
        }
    }

    #[test]
    fn connect_forbidden_endpoint_is_refused() {
        let inactive = User {
            active: false,
            ..ann()
        };
        for (user, token_of, endpoint, expected) in [
            (ann(), UserId(404), Endpoint::Chat, Refusal::UserUnknown),
            (inactive, ann().id, Endpoint::Chat, Refusal::UserDeactivated),
            (admin(), admin().id, Endpoint::Chat, Refusal::BrandRequired),
            (ann(), ann().id, Endpoint::AdminChat, Refusal::AdminRequired),
        ] {
            let mocks = with_token_of(token_of).finding_user(Read::Fresh, &user);
            assert_eq!(refusal(connect(mocks, endpoint)), expected);
        }
    }

    #[test]
    fn connect_unreadable_user_is_transient_failure() {
        let mut mocks = with_token_of(ann().id);
        let user = mocks.people.expect_user();
        user.returning(|_, _| Err(StoreError::transient("the store is away")));
        assert!(failure(connect(mocks, Endpoint::Chat)).is_transient());
    }
}
