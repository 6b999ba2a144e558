//! Who may do what. Each rule looks at the state of this moment and says yes or
//! why not; none of them changes anything.

use std::sync::Arc;

use crate::{Endpoint, Refusal, Room, Timestamp, User, UserId, Viewer};

/// The most messages that one deletion may name.
pub const MAX_IDS: usize = 1_000;

/// The most changes that are told to somebody who comes back: who missed more
/// reads the room anew.
pub const MAX_REPLAY: usize = 500;

/// What an access token says, times in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub user: UserId,
    /// From this second on it is good no more.
    pub expires: i64,
    /// Before this second it is not good yet.
    pub not_before: Option<i64>,
}

/// Whether a well signed token is good now.
///
/// # Errors
/// [`Refusal::TokenExpired`], [`Refusal::TokenInvalid`].
pub fn token(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    if claims.expires <= now.unix_seconds() {
        return Err(Refusal::TokenExpired);
    }
    if claims
        .not_before
        .is_some_and(|begin| now.unix_seconds() < begin)
    {
        return Err(Refusal::TokenInvalid);
    }
    Ok(())
}

/// As whom `user` may act at `endpoint`, at the handshake and at every action
/// after it.
///
/// # Errors
/// [`Refusal::UserDeactivated`], [`Refusal::BrandRequired`], [`Refusal::AdminRequired`].
pub fn viewer(user: &User, endpoint: Endpoint) -> Result<Viewer, Refusal> {
    if !user.active {
        return Err(Refusal::UserDeactivated);
    }
    match endpoint {
        Endpoint::Chat => user.brand.map(Viewer::Brand).ok_or(Refusal::BrandRequired),
        Endpoint::AdminChat if user.admin => Ok(Viewer::Admin),
        Endpoint::AdminChat => Err(Refusal::AdminRequired),
    }
}

/// Whether `viewer` may be in `room`, which is `None` where there is no such
/// room. A brand cannot tell that from a room it is not in.
///
/// # Errors
/// [`Refusal::RoomForbidden`] to brands, [`Refusal::RoomNotFound`] to administrators.
pub fn see(viewer: Viewer, room: Option<Arc<Room>>) -> Result<Arc<Room>, Refusal> {
    match (room, viewer) {
        (Some(room), _) if room.admits(viewer) => Ok(room),
        (None, Viewer::Admin) => Err(Refusal::RoomNotFound),
        _ => Err(Refusal::RoomForbidden),
    }
}

/// Whether `viewer`, who may see `room`, may create, edit and delete there.
///
/// # Errors
/// [`Refusal::BusinessRequired`].
pub fn write(viewer: Viewer, room: &Room, now: Timestamp) -> Result<(), Refusal> {
    match viewer {
        Viewer::Admin if !room.has_business(now) => Err(Refusal::BusinessRequired),
        _ => Ok(()),
    }
}

/// Whose messages a deletion reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of one author.
    Of(UserId),
    /// Anybody's.
    Anyones,
}

/// Whose messages `viewer`, who is `user`, may delete. Only one's own can be
/// edited, by anybody.
#[must_use]
pub fn deletable(viewer: Viewer, user: UserId) -> Whose {
    match viewer {
        Viewer::Admin => Whose::Anyones,
        Viewer::Brand(_) => Whose::Of(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brand, BrandId, Profile, Revision, RoomId, Tariff};

    const BRAND: Viewer = Viewer::Brand(BrandId(1));
    const STRANGER: Viewer = Viewer::Brand(BrandId(7));

    fn at(second: i64) -> Timestamp {
        time::OffsetDateTime::from_unix_timestamp(second)
            .expect("a second of our age")
            .into()
    }

    fn user(active: bool, admin: bool, brand: Option<i64>) -> User {
        User {
            id: UserId(3),
            revision: Revision(1),
            active,
            admin,
            brand: brand.map(BrandId),
            profile: Profile::new("{}"),
        }
    }

    /// A room of brands 1, 2, …, each with its tariff and the second it ends.
    fn room(tariffs: &[(Option<Tariff>, Option<i64>)]) -> Arc<Room> {
        let brand = |(id, (tariff, until)): (i64, &(Option<Tariff>, Option<i64>))| Brand {
            id: BrandId(id),
            tariff: *tariff,
            tariff_until: until.map(at),
            profile: Profile::new("{}"),
        };
        Arc::new(Room {
            id: RoomId(1),
            revision: Revision(1),
            participants: (1..).zip(tariffs).map(brand).map(Arc::new).collect(),
        })
    }

    #[test]
    fn a_token_is_good_until_the_second_it_expires() {
        for (expires, not_before, verdict) in [
            (11, None, Ok(())),
            (i64::MAX, Some(10), Ok(())),
            (10, None, Err(Refusal::TokenExpired)),
            (i64::MIN, None, Err(Refusal::TokenExpired)),
            (11, Some(11), Err(Refusal::TokenInvalid)),
        ] {
            let claims = Claims {
                user: UserId(3),
                expires,
                not_before,
            };
            assert_eq!(token(&claims, at(10)), verdict, "{claims:?}");
        }
    }

    #[test]
    fn a_door_opens_to_its_own_kind_of_user() {
        use Endpoint::{AdminChat, Chat};
        for (active, admin, brand, endpoint, verdict) in [
            (true, false, Some(1), Chat, Ok(BRAND)),
            (true, true, Some(1), Chat, Ok(BRAND)),
            (true, true, Some(1), AdminChat, Ok(Viewer::Admin)),
            (true, true, None, AdminChat, Ok(Viewer::Admin)),
            (true, true, None, Chat, Err(Refusal::BrandRequired)),
            (true, false, None, Chat, Err(Refusal::BrandRequired)),
            (true, false, Some(1), AdminChat, Err(Refusal::AdminRequired)),
            (false, false, Some(1), Chat, Err(Refusal::UserDeactivated)),
            (false, true, None, AdminChat, Err(Refusal::UserDeactivated)),
            (false, false, None, Chat, Err(Refusal::UserDeactivated)),
        ] {
            let user = user(active, admin, brand);
            assert_eq!(viewer(&user, endpoint), verdict, "{user:?} at {endpoint:?}");
        }
    }

    #[test]
    fn brands_see_their_rooms_and_administrators_all() {
        let theirs = room(&[(None, None), (None, None)]);
        for (viewer, room, verdict) in [
            (BRAND, Some(&theirs), Ok(&theirs)),
            (Viewer::Admin, Some(&theirs), Ok(&theirs)),
            (STRANGER, Some(&theirs), Err(Refusal::RoomForbidden)),
            (BRAND, None, Err(Refusal::RoomForbidden)),
            (Viewer::Admin, None, Err(Refusal::RoomNotFound)),
        ] {
            assert_eq!(see(viewer, room.cloned()), verdict.cloned(), "{viewer:?}");
        }
    }

    #[test]
    fn business_is_one_business_tariff_that_has_not_run_out() {
        use Tariff::{Business, Comfort, Light};
        for (tariffs, business) in [
            (vec![], false),
            (
                vec![(None, None), (Some(Light), None), (Some(Comfort), Some(99))],
                false,
            ),
            (vec![(Some(Light), None), (Some(Business), None)], true),
            (vec![(Some(Business), Some(11)), (None, None)], true),
            (
                vec![(Some(Business), Some(10)), (Some(Business), Some(9))],
                false,
            ),
            (
                vec![(Some(Business), Some(9)), (Some(Business), Some(11))],
                true,
            ),
        ] {
            let room = room(&tariffs);
            assert_eq!(room.has_business(at(10)), business, "{tariffs:?}");
            let pen = if business {
                Ok(())
            } else {
                Err(Refusal::BusinessRequired)
            };
            assert_eq!(write(Viewer::Admin, &room, at(10)), pen, "{tariffs:?}");
            assert_eq!(write(BRAND, &room, at(10)), Ok(()), "{tariffs:?}");
        }
    }

    #[test]
    fn administrators_delete_anybodys_messages_and_brands_their_own() {
        assert_eq!(deletable(Viewer::Admin, UserId(9)), Whose::Anyones);
        assert_eq!(deletable(BRAND, UserId(3)), Whose::Of(UserId(3)));
    }
}
