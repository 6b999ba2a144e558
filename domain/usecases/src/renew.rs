use aftermatch_ports::{
    ChatError, Renewed,
    model::{Refusal, Session, access},
};

use crate::Ports;

/// Judges a new token of the session's user. Rights are read at every action anyway, so the
/// user is not read here.
pub(crate) fn run(ports: &Ports, session: &Session, token: &str) -> Result<Renewed, ChatError> {
    let claims = ports.tokens.verify(token).map_err(in_frame)?;
    access::check_token(&claims, ports.clock.now(), ports.token_leeway).map_err(in_frame)?;
    if claims.user != session.user {
        return Err(Refusal::UserMismatch.into());
    }
    Ok(Renewed {
        expires: claims.expires,
        left: access::token_left(claims.expires, ports.clock.now(), ports.token_leeway),
    })
}

/// The refusal of a token that does not end the connection.
fn in_frame(refusal: Refusal) -> Refusal {
    Refusal::RenewalRefused {
        expired: refusal == Refusal::TokenExpired,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aftermatch_ports::{
        Chat,
        model::{UserId, access::Claims},
    };
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, admin, ann, refusal, session_of};

    /// At second 10.
    fn renew(verified: Result<Claims, Refusal>) -> Result<Renewed, ChatError> {
        let mut mocks = Mocks::new();
        mocks.tokens.expect_verify().return_const(verified);
        block_on(mocks.chat().renew(&session_of(&ann()), "token"))
    }

    fn claims(user: UserId, expires: i64) -> Claims {
        Claims {
            user,
            expires,
            not_before: None,
        }
    }

    #[test]
    fn renew_accepts_valid_token_of_same_user() {
        let renewed = renew(Ok(claims(ann().id, 70))).unwrap();
        let expected = Renewed {
            expires: 70,
            left: Duration::from_secs(60),
        };
        assert_eq!(renewed, expected);
    }

    #[test]
    fn renew_refuses_other_tokens() {
        for (verified, expected) in [
            (Ok(claims(admin().id, 70)), Refusal::UserMismatch),
            (
                Ok(claims(ann().id, 10)),
                Refusal::RenewalRefused { expired: true },
            ),
            (
                Err(Refusal::TokenInvalid),
                Refusal::RenewalRefused { expired: false },
            ),
        ] {
            assert_eq!(refusal(renew(verified)), expected);
        }
    }
}
