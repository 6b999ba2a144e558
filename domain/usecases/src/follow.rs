use std::collections::HashMap;

use aftermatch_ports::{
    ChatError, Follow, Followed, Read, Scope, StoreError,
    model::{Attachments, FollowedRooms, Following, Refusal, RoomId, Session, access},
};

use crate::{Ports, authorize};

/// Changes what the session receives beyond the events of its joined room. If the rooms cannot
/// be read, nothing changes.
pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    follow: Follow,
) -> Result<Followed, ChatError> {
    authorize::viewer(ports, session, Read::Fresh).await?;
    let before = ports.inbox.following(session.id);
    let following = changed(before.clone(), follow);
    if let FollowedRooms::These(rooms) = &following.rooms
        && following.rooms != before.rooms
    {
        all_exist(ports, rooms).await?;
    }
    // First, so that no change between the reading and this is missed.
    let unloaded = ports.inbox.follow(session.id, following.clone());
    if let Some(scope) = unloaded
        && ports.inbox.next_load(scope).await
        && let Err(failure) = load(ports, &[scope]).await
    {
        ports.inbox.follow(session.id, before);
        return Err(failure.into());
    }
    let now = ports.clock.now();
    Ok(Followed {
        following,
        max_text_chars: ports.max_text_chars,
        max_attachments: ports.signatures.as_ref().map_or(0, |_| Attachments::MAX),
        now,
        token_left: access::token_left(session.token_expires, now, ports.token_leeway),
    })
}

fn changed(before: Following, follow: Follow) -> Following {
    Following {
        rooms: follow.rooms.unwrap_or(before.rooms),
        typing: follow.typing.unwrap_or(before.typing),
        presence: follow.presence.unwrap_or(before.presence),
        read_positions: follow.read_positions.unwrap_or(before.read_positions),
    }
}

async fn all_exist(ports: &Ports, rooms: &[RoomId]) -> Result<(), ChatError> {
    let of = rooms.iter().map(|room| (*room, Scope::All)).collect();
    let found = ports.rooms.summaries(of).await?;
    if found.iter().any(Option::is_none) {
        return Err(Refusal::RoomNotFound.into());
    }
    Ok(())
}

/// Reads the rooms of the scopes and their states.
pub(crate) async fn load(ports: &Ports, scopes: &[Scope]) -> Result<(), StoreError> {
    let mut rooms: HashMap<_, _> = scopes.iter().map(|scope| (*scope, Vec::new())).collect();
    for (scope, room, state) in ports.rooms.states(scopes.to_vec()).await? {
        rooms.entry(scope).or_default().push((room, state));
    }
    for (scope, rooms) in rooms {
        ports.inbox.load(scope, rooms);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, RoomState,
        model::{BrandId, Revision, Seq, User},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ROOM, SESSION, admin, ann, failure, refusal, session_of};

    const TYPING: Following = Following {
        rooms: FollowedRooms::None,
        typing: true,
        presence: false,
        read_positions: false,
    };

    fn in_reach() -> Follow {
        Follow {
            rooms: Some(FollowedRooms::InReach),
            ..Follow::default()
        }
    }

    /// Both keys are in force after `in_reach`.
    fn rooms_and_typing() -> Following {
        Following {
            rooms: FollowedRooms::InReach,
            ..TYPING
        }
    }

    fn follow(mocks: Mocks, user: &User, follow: Follow) -> Result<Followed, ChatError> {
        block_on(mocks.chat().follow(&session_of(user), follow))
    }

    #[test]
    fn follow_keeps_what_is_left_out_and_loads_rooms() {
        let scope = Scope::Brand {
            brand: BrandId(1),
            reader: ann().id,
        };
        let state = RoomState {
            last_seq: Seq(41),
            read_seq: Some(Seq(3)),
            revision: Revision(1),
        };
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &ann());
        mocks.inbox.expect_following().return_const(TYPING);
        let set = mocks.inbox.expect_follow().once();
        set.with(eq(SESSION), eq(rooms_and_typing()))
            .return_const(scope);
        mocks.inbox.expect_next_load().return_const(true);
        let states = mocks.rooms.expect_states().with(eq(vec![scope])).once();
        states.returning(move |_| Ok(vec![(scope, ROOM, state)]));
        let load = mocks.inbox.expect_load().once();
        load.with(eq(scope), eq(vec![(ROOM, state)]))
            .return_const(());
        let followed = follow(mocks, &ann(), in_reach()).unwrap();
        assert_eq!(followed.following, rooms_and_typing());
    }

    #[test]
    fn follow_unreadable_rooms_changes_nothing() {
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &ann());
        mocks.inbox.expect_following().return_const(TYPING);
        let set = mocks.inbox.expect_follow().once();
        set.with(eq(SESSION), eq(rooms_and_typing()))
            .return_const(Scope::All);
        mocks.inbox.expect_next_load().return_const(true);
        let states = mocks.rooms.expect_states();
        states.returning(|_| Err(StoreError::transient("the store is away")));
        let reset = mocks.inbox.expect_follow().once();
        reset
            .with(eq(SESSION), eq(TYPING))
            .return_const(None::<Scope>);
        assert!(failure(follow(mocks, &ann(), in_reach())).is_transient());
    }

    #[test]
    fn follow_rooms_that_others_read_meanwhile_reads_nothing() {
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &admin());
        mocks.inbox.expect_following().return_const(TYPING);
        mocks.inbox.expect_follow().once().return_const(Scope::All);
        let next = mocks.inbox.expect_next_load().with(eq(Scope::All));
        next.once().return_const(false);
        let followed = follow(mocks, &admin(), in_reach()).unwrap();
        assert_eq!(followed.following, rooms_and_typing());
    }

    #[test]
    fn follow_room_that_does_not_exist_is_refused() {
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &admin());
        mocks.inbox.expect_following().return_const(TYPING);
        let summaries = mocks.rooms.expect_summaries();
        summaries.returning(|_| Ok(vec![None]));
        let these = Follow {
            rooms: Some(FollowedRooms::These(vec![ROOM])),
            ..Follow::default()
        };
        assert_eq!(
            refusal(follow(mocks, &admin(), these)),
            Refusal::RoomNotFound
        );
    }

    #[test]
    fn follow_lost_right_is_refused() {
        let user = User {
            active: false,
            ..ann()
        };
        let mocks = Mocks::new().finding_user(Read::Fresh, &user);
        assert_eq!(
            refusal(follow(mocks, &ann(), in_reach())),
            Refusal::UserDeactivated
        );
    }
}
