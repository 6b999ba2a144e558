//! Who may do what. Each rule takes the present state and answers yes, or why
//! not. No rule changes anything.

use std::{sync::Arc, time::Duration};

use crate::{Endpoint, Pen, Refusal, Room, Timestamp, User, UserId, Viewer};

/// How many messages one deletion may name.
pub const MAX_IDS: usize = 1_000;

/// How many events are replayed to a client that resumes. A client that missed
/// more reads the room again.
pub const MAX_REPLAY: usize = 500;

/// The claims of an access token; times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The user.
    pub user: UserId,
    /// The token is invalid from this second on.
    pub expires: i64,
    /// The token is invalid before this second.
    pub not_before: Option<i64>,
}

/// Whether a token with a valid signature is valid now. The clock of the issuer
/// may differ from this one by `leeway`, in seconds.
///
/// # Errors
/// [`Refusal::TokenExpired`], [`Refusal::TokenInvalid`].
pub fn check_token(claims: &Claims, now: Timestamp, leeway: u32) -> Result<(), Refusal> {
    let (now, leeway) = (now.unix_seconds(), i64::from(leeway));
    if claims.expires.saturating_add(leeway) <= now {
        return Err(Refusal::TokenExpired);
    }
    let begin = claims.not_before.unwrap_or(i64::MIN);
    if now.saturating_add(leeway) < begin {
        return Err(Refusal::TokenInvalid);
    }
    Ok(())
}

/// How long a token that expires at that second is still valid. The clock of the issuer may
/// differ from this one by `leeway`, in seconds.
#[must_use]
pub fn token_left(expires: i64, now: Timestamp, leeway: u32) -> Duration {
    let end = expires.saturating_add(i64::from(leeway));
    let left = end.saturating_sub(now.unix_seconds());
    Duration::from_secs(u64::try_from(left).unwrap_or_default())
}

/// The role in which `user` may act at `endpoint`, at the handshake and at every
/// later action.
///
/// # Errors
/// [`Refusal::UserDeactivated`], [`Refusal::BrandRequired`], [`Refusal::AdminRequired`].
pub fn authorize(user: &User, endpoint: Endpoint) -> Result<Viewer, Refusal> {
    if !user.active {
        return Err(Refusal::UserDeactivated);
    }
    match endpoint {
        Endpoint::Chat => user.brand.map(Viewer::Brand).ok_or(Refusal::BrandRequired),
        Endpoint::AdminChat if user.admin => Ok(Viewer::Admin),
        Endpoint::AdminChat => Err(Refusal::AdminRequired),
    }
}

/// Returns `room` if `viewer` may see it. `None` means that there is no such room;
/// a brand gets the same refusal as for a room it is not in.
///
/// # Errors
/// [`Refusal::RoomForbidden`] to brands, [`Refusal::RoomNotFound`] to administrators.
pub fn can_view(viewer: Viewer, room: Option<Arc<Room>>) -> Result<Arc<Room>, Refusal> {
    match (room, viewer) {
        (Some(room), _) if room.admits(viewer) => Ok(room),
        _ => Err(unknown_room(viewer)),
    }
}

/// The refusal of a room that does not exist. A brand cannot tell it from the
/// refusal of a room that it is not in.
#[must_use]
pub fn unknown_room(viewer: Viewer) -> Refusal {
    match viewer {
        Viewer::Admin => Refusal::RoomNotFound,
        Viewer::Brand(_) => Refusal::RoomForbidden,
    }
}

/// Whether `viewer`, who may see `room`, may create, edit and delete messages in it, and
/// be seen typing.
///
/// # Errors
/// [`Refusal::RoomFrozen`]; to administrators also [`Refusal::AdminsCannotWrite`],
/// [`Refusal::BusinessRequired`].
pub fn can_write(viewer: Viewer, room: &Room, now: Timestamp) -> Result<(), Refusal> {
    if room.frozen {
        return Err(Refusal::RoomFrozen);
    }
    match (viewer, room.pen) {
        (Viewer::Admin, Pen::Never) => Err(Refusal::AdminsCannotWrite),
        (Viewer::Admin, Pen::Tariff) if !room.has_business(now) => Err(Refusal::BusinessRequired),
        _ => Ok(()),
    }
}

/// Which messages a user may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteScope {
    /// Those of this author.
    OwnedBy(UserId),
    /// Those of any author.
    Any,
}

/// Which messages `viewer`, who is `user`, may delete. Nobody may edit the messages
/// of others.
#[must_use]
pub fn delete_scope(viewer: Viewer, user: UserId) -> DeleteScope {
    match viewer {
        Viewer::Admin => DeleteScope::Any,
        Viewer::Brand(_) => DeleteScope::OwnedBy(user),
    }
}

/// Whether `viewer` may see what the log says about the past: texts that were replaced or
/// deleted, who did it and why. A room that an administrator may only read is no exception.
///
/// # Errors
/// [`Refusal::AdminRequired`].
pub fn can_audit(viewer: Viewer) -> Result<(), Refusal> {
    match viewer {
        Viewer::Admin => Ok(()),
        Viewer::Brand(_) => Err(Refusal::AdminRequired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brand, BrandId, Epoch, Profile, Revision, RoomId, RoomKind, Tariff};

    const BRAND: Viewer = Viewer::Brand(BrandId(1));
    const STRANGER: Viewer = Viewer::Brand(BrandId(7));

    fn at(second: i64) -> Timestamp {
        time::OffsetDateTime::from_unix_timestamp(second)
            .expect("a valid second")
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
            epoch: Epoch { store: 1, room: 1 },
            participants: (1..).zip(tariffs).map(brand).map(Arc::new).collect(),
            kind: RoomKind::default(),
            pen: Pen::Tariff,
            frozen: false,
        })
    }

    #[test]
    fn token_expires_at_its_second() {
        for (expires, not_before, leeway, expected) in [
            (11, None, 0, Ok(())),
            (i64::MAX, Some(10), 0, Ok(())),
            (10, None, 0, Err(Refusal::TokenExpired)),
            (i64::MIN, None, 0, Err(Refusal::TokenExpired)),
            (11, Some(11), 0, Err(Refusal::TokenInvalid)),
            (8, Some(12), 3, Ok(())),
            (7, None, 3, Err(Refusal::TokenExpired)),
            (11, Some(14), 3, Err(Refusal::TokenInvalid)),
            (i64::MAX, Some(i64::MIN), u32::MAX, Ok(())),
        ] {
            let claims = Claims {
                user: UserId(3),
                expires,
                not_before,
            };
            let checked = check_token(&claims, at(10), leeway);
            assert_eq!(checked, expected, "{claims:?} {leeway}");
        }
    }

    #[test]
    fn token_is_left_until_its_second() {
        for (expires, leeway, left) in [
            (70, 0, 60_i64),
            (10, 0, 0),
            (i64::MIN, 3, 0),
            (8, 3, 1),
            (i64::MAX, u32::MAX, i64::MAX - 10),
        ] {
            let left = Duration::from_secs(left.unsigned_abs());
            assert_eq!(token_left(expires, at(10), leeway), left, "{expires}");
        }
    }

    #[test]
    fn endpoint_admits_its_kind_of_user() {
        use Endpoint::{AdminChat, Chat};
        for (active, admin, brand, endpoint, expected) in [
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
            assert_eq!(
                authorize(&user, endpoint),
                expected,
                "{user:?} at {endpoint:?}"
            );
        }
    }

    #[test]
    fn brand_views_own_rooms_admin_all() {
        let own = room(&[(None, None), (None, None)]);
        for (viewer, room, expected) in [
            (BRAND, Some(&own), Ok(&own)),
            (Viewer::Admin, Some(&own), Ok(&own)),
            (STRANGER, Some(&own), Err(Refusal::RoomForbidden)),
            (BRAND, None, Err(Refusal::RoomForbidden)),
            (Viewer::Admin, None, Err(Refusal::RoomNotFound)),
        ] {
            assert_eq!(
                can_view(viewer, room.cloned()),
                expected.cloned(),
                "{viewer:?}"
            );
        }
    }

    #[test]
    fn business_needs_one_running_business_tariff() {
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
            let admin = if business {
                Ok(())
            } else {
                Err(Refusal::BusinessRequired)
            };
            assert_eq!(
                can_write(Viewer::Admin, &room, at(10)),
                admin,
                "{tariffs:?}"
            );
            assert_eq!(can_write(BRAND, &room, at(10)), Ok(()), "{tariffs:?}");
        }
    }

    #[test]
    fn pen_decides_for_admins_and_frozen_for_all() {
        use Refusal::{AdminsCannotWrite, BusinessRequired, RoomFrozen};
        use Tariff::{Business, Light};
        for (tariff, pen, admin) in [
            (Light, Pen::Tariff, Err(BusinessRequired)),
            (Light, Pen::Always, Ok(())),
            (Light, Pen::Never, Err(AdminsCannotWrite)),
            (Business, Pen::Tariff, Ok(())),
            (Business, Pen::Always, Ok(())),
            (Business, Pen::Never, Err(AdminsCannotWrite)),
        ] {
            let mut room = Room {
                pen,
                ..Room::clone(&room(&[(Some(tariff), None)]))
            };
            assert_eq!(can_write(Viewer::Admin, &room, at(10)), admin, "{room:?}");
            assert_eq!(can_write(BRAND, &room, at(10)), Ok(()), "{room:?}");

            room.frozen = true;
            for viewer in [Viewer::Admin, BRAND] {
                assert_eq!(can_write(viewer, &room, at(10)), Err(RoomFrozen));
            }
        }
    }

    #[test]
    fn only_admin_audits() {
        assert_eq!(can_audit(Viewer::Admin), Ok(()));
        assert_eq!(can_audit(BRAND), Err(Refusal::AdminRequired));
    }

    #[test]
    fn admin_deletes_any_message_brand_own() {
        assert_eq!(delete_scope(Viewer::Admin, UserId(9)), DeleteScope::Any);
        assert_eq!(
            delete_scope(BRAND, UserId(3)),
            DeleteScope::OwnedBy(UserId(3))
        );
    }
}
