//! The room and the messages of the published examples.

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    Followed, ListedRoom, Summary,
    model::{
        Attachments, AuditedEvent, AuditedKind, Author, Brand, BrandId, ClientMsgId, Epoch,
        EventKind, FollowedRooms, Following, LogHead, Message, MessageId, MessageVersion, Pen,
        Profile, Push, Reason, Recipient, RequestId, Revision, Room, RoomEvent, RoomId, RoomKind,
        RoomView, Seq, Taken, TakenText, Text, UserId, VersionKind,
    },
};
use time::macros::datetime;

use crate::response::{Allowed, AuditList, MessageList, RangeEnds, profile::ReadyParticipants};

pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const MESSAGE: MessageId = MessageId(18);

const EPOCH: Epoch = Epoch {
    store: 0x9f3c_02a1,
    room: 0x2b,
};

/// The id of the requests.
pub(crate) fn request_id() -> RequestId {
    RequestId::new("1500000")
}

pub(crate) fn room() -> RoomView {
    let brand = |(id, profile): (i64, &str)| {
        Arc::new(Brand {
            id: BrandId(id),
            tariff: None,
            tariff_until: None,
            profile: Profile::new(profile),
        })
    };
    let participants = [
        (
            1,
            r#"{"brand_name_pos":"Alpha, founder","tg_nickname":"@alpha"}"#,
        ),
        (2, r#"{"brand_name_pos":"Beta, CMO","tg_nickname":"@beta"}"#),
    ];
    let room = Room {
        id: ROOM,
        revision: Revision(1),
        epoch: EPOCH,
        participants: participants.into_iter().map(brand).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    RoomView {
        room: Arc::new(room),
        has_business: true,
    }
}

/// The room's brands.
pub(crate) fn participants() -> ReadyParticipants {
    ReadyParticipants::of(&room().room)
}

pub(crate) fn message() -> Message {
    Message {
        id: MESSAGE,
        room: ROOM,
        author: Author {
            id: UserId(3),
            profile: Profile::new(r#"{"email":"ann@example.com"}"#),
        },
        text: Text::stored("hello"),
        attachments: None,
        created_at: datetime!(2024-06-17 18:00 UTC).into(),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(41),
        changed_seq: Seq(41),
    }
}

/// The same message, with a `client_msg_id`.
pub(crate) fn message_with_client_id() -> Message {
    Message {
        client_msg_id: ClientMsgId::new("a-7").ok(),
        ..message()
    }
}

/// The same message, with an attachment alone.
pub(crate) fn message_with_attachment() -> Message {
    let json = r#"[{"id":"f_81c2","name":"contract.pdf","size":12345}]"#;
    Message {
        text: Text::stored(""),
        attachments: Some(Attachments::stored(json)),
        ..message()
    }
}

/// The same message, edited since.
pub(crate) fn edited_message() -> Message {
    Message {
        text: Text::stored("edit"),
        edited_at: Some(datetime!(2024-06-17 18:05 UTC).into()),
        changed_seq: Seq(42),
        ..message_with_client_id()
    }
}

/// The same, for Bob, who is not connected.
pub(crate) fn push() -> Push {
    Push {
        epoch: EPOCH,
        message: edited_message(),
        recipients: vec![Recipient {
            user: UserId(4),
            brand: BrandId(2),
        }],
    }
}

/// Ann creates the message, without optional parameters.
pub(crate) fn created() -> RoomEvent {
    change(41, EventKind::Created(message()))
}

pub(crate) fn edited() -> RoomEvent {
    let (id, text) = (MESSAGE, Text::stored("edit"));
    change(42, EventKind::Edited { id, text })
}

pub(crate) fn deleted(missing: &[i64]) -> RoomEvent {
    let ids = vec![MESSAGE];
    let missing = missing.iter().map(|id| MessageId(*id).into()).collect();
    change(43, EventKind::Deleted { ids, missing })
}

pub(crate) fn change(seq: i64, kind: EventKind) -> RoomEvent {
    RoomEvent {
        seq: Seq(seq),
        epoch: EPOCH,
        at: datetime!(2024-06-17 18:00 UTC).into(),
        by: UserId(3),
        room: room(),
        requester: None,
        request_id: request_id(),
        kind,
    }
}

/// How far the room's log goes.
pub(crate) fn head() -> LogHead {
    LogHead {
        epoch: EPOCH,
        last_seq: Seq(43),
    }
}

pub(crate) fn listed() -> ListedRoom {
    ListedRoom {
        view: room(),
        last_seq: Seq(43),
        unread: Some(1),
        read_seq: Some(Seq(40)),
        last_message: Some(edited_message()),
    }
}

/// The brands that are online.
pub(crate) const ONLINE: [BrandId; 1] = [BrandId(1)];

/// How far users have read.
pub(crate) const READ_POSITIONS: [(UserId, Seq); 1] = [(UserId(4), Seq(42))];

pub(crate) fn summary() -> Summary {
    Summary {
        listed: listed(),
        read_positions: READ_POSITIONS.to_vec(),
    }
}

/// What a connection can follow.
pub(crate) fn followed() -> [Followed; 2] {
    [FollowedRooms::InReach, FollowedRooms::These(vec![ROOM])].map(|rooms| Followed {
        following: Following {
            rooms,
            typing: true,
            presence: true,
            read_positions: false,
        },
        max_text_chars: 10_000,
        max_attachments: Attachments::MAX,
        now: datetime!(2024-06-17 18:00 UTC).into(),
        token_left: Duration::from_secs(60),
    })
}

pub(crate) fn allowed() -> Allowed {
    Allowed {
        frame_bytes: 64 * 1024,
        requests_per_second: Some(50),
        ping: Duration::from_secs(25),
        idle: Duration::from_secs(60),
    }
}

/// A range of the messages, with others before and after it.
pub(crate) fn message_range(messages: &[Message]) -> Vec<u8> {
    let (mut list, mut out) = (MessageList::of_range(&request_id()), Vec::new());
    messages.iter().for_each(|each| list.add(&mut out, each));
    let ends = RangeEnds {
        before: messages.first().map(|each| each.seq),
        after: messages.last().map(|each| each.seq),
        last_seq: Seq(43),
    };
    list.finish_range(&mut out, &request_id(), ends);
    out
}

/// A numbered page of the messages.
pub(crate) fn message_page(messages: &[Message], count: u64, next: Option<u64>) -> Vec<u8> {
    let (mut list, mut out) = (MessageList::of_page(&request_id(), count), Vec::new());
    messages.iter().for_each(|each| list.add(&mut out, each));
    list.finish_page(&mut out, &request_id(), next);
    out
}

/// Messages that a search found.
pub(crate) fn found_messages(messages: &[Message], next: Option<Seq>) -> Vec<u8> {
    let (mut list, mut out) = (MessageList::of_search(&request_id()), Vec::new());
    messages.iter().for_each(|each| list.add(&mut out, each));
    list.finish_search(&mut out, &request_id(), next, Seq(43));
    out
}

/// What [`message`] was, with a text that was purged.
pub(crate) fn all_versions() -> [MessageVersion; 3] {
    let kinds = [
        VersionKind::Created(None),
        VersionKind::Edited(Some(Text::stored("edit"))),
        VersionKind::Deleted(Some(Reason::stored("spam"))),
    ];
    let mut numbers = (41..).map(Seq);
    kinds.map(|kind| MessageVersion {
        seq: numbers.next().unwrap_or(Seq::ZERO),
        by: message().author,
        at: message().created_at,
        kind,
    })
}

pub(crate) fn versions(versions: &[MessageVersion], next: Option<Seq>) -> Vec<u8> {
    let mut list = AuditList::of_versions(&request_id(), ROOM, MESSAGE, next, None);
    let mut out = Vec::new();
    let versions = versions.iter();
    versions.for_each(|each| list.add_version(&mut out, each));
    list.finish(&mut out);
    out
}

/// A deletion and an edit, with texts of each kind.
pub(crate) fn audited() -> [AuditedEvent; 2] {
    let event = |seq, kind, texts: &[TakenText]| AuditedEvent {
        seq: Seq(seq),
        by: message().author,
        at: message().created_at,
        kind,
        taken: texts
            .iter()
            .map(|text| Taken {
                id: MESSAGE,
                text: text.clone(),
            })
            .collect(),
    };
    let deleted = [TakenText::Text(Text::stored("edit")), TakenText::LeftOut];
    let reason = Some(Reason::stored("spam"));
    [
        event(43, AuditedKind::Deleted(reason), &deleted),
        event(42, AuditedKind::Edited, &[TakenText::Purged]),
    ]
}

pub(crate) fn audit(events: &[AuditedEvent], next: Option<Seq>) -> Vec<u8> {
    let (mut list, mut out) = (AuditList::of_events(&request_id(), ROOM, next), Vec::new());
    let events = events.iter();
    events.for_each(|each| list.add_event(&mut out, each));
    list.finish(&mut out);
    out
}
