use aftermatch_ports::{
    AuditPage, ChatError,
    model::{RoomId, Seq, Session},
};

use crate::{Ports, authorize};

/// What was edited and deleted in the joined room.
pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    before: Option<Seq>,
    limit: usize,
) -> Result<(RoomId, AuditPage), ChatError> {
    let room = authorize::audited_room(ports, session).await?;
    Ok((room.id, ports.log.audit(room.id, before, limit).await?))
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, Read,
        model::{AuditedEvent, AuditedKind, Author, Profile, Reason, Refusal, UserId},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ROOM, admin, ann, at, refusal, room_without_business, session_of};

    #[test]
    fn audit_is_read_in_room_without_business() {
        let page = AuditPage {
            events: vec![AuditedEvent {
                seq: Seq(40),
                by: Author {
                    id: UserId(9),
                    profile: Profile::new("{}"),
                },
                at: at(15),
                kind: AuditedKind::Deleted(Some(Reason::stored("spam"))),
                taken: vec![],
            }],
            has_older: true,
        };
        for before in [None, Some(Seq(41))] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room_without_business());
            let audit = mocks.log.expect_audit().once();
            let stored = page.clone();
            audit
                .with(eq(ROOM), eq(before), eq(2))
                .returning(move |_, _, _| Ok(stored.clone()));
            let chat = mocks.chat();
            let result = block_on(chat.audit(&session_of(&admin()), before, 2));
            assert_eq!(result.unwrap(), (ROOM, page.clone()));
        }
    }

    #[test]
    fn audit_without_right_is_not_read() {
        for (mocks, user, expected) in [
            (Mocks::seated_in(None), admin(), Refusal::NotInRoom),
            (
                Mocks::new().finding_user(Read::Fresh, &ann()),
                ann(),
                Refusal::AdminRequired,
            ),
        ] {
            let chat = mocks.chat();
            let result = block_on(chat.audit(&session_of(&user), None, 2));
            assert_eq!(refusal(result), expected);
        }
    }
}
