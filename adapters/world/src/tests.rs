mod any_input;
mod body;
mod malformed;
mod references;

use aftermatch_ports::model::{
    BrandId, MessageId, Pen, RoomId, RoomKind, Tariff, Text, Timestamp, UserId,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use time::OffsetDateTime;

use super::*;

/// The printed errors of `json`, line by line.
fn errors(json: &str) -> Vec<String> {
    let errors = parse(json).expect_err(json);
    errors.to_string().lines().map(str::to_owned).collect()
}

/// Seconds since 1970, UTC.
fn at(unix: i64) -> Timestamp {
    OffsetDateTime::from_unix_timestamp(unix)
        .expect("a valid time")
        .into()
}

#[test]
fn file_with_every_field_is_read() {
    let world = parse(
        r#"{
            "messages": [
                { "created_at": "2024-06-17T18:00:00.123456Z", "text": " hello\n", "user_id": 3, "room_id": 7 },
                { "created_at": "2024-06-17T21:00:01+03:00", "text": "\u0436", "user_id": 4, "room_id": 7, "id": 5 }
            ],
            "rooms": [
                { "id": 7, "participants": [2, 1] },
                { "id": 9, "participants": [], "kind": "support", "pen": "always", "frozen": true }
            ],
            "brands": [
                { "id": 1, "user_id": 3 },
                { "id": 2, "user_id": 4, "tariff": "business", "tariff_until": "2024-06-17T18:00:00Z" },
                { "id": 3, "user_id": 5, "tariff": null, "tariff_until": "2024-06-17T18:00:00Z" },
                { "id": 4, "user_id": 6, "tariff": "comfort", "tariff_until": null }
            ],
            "users": [
                { "id": 3 }, { "id": 4, "active": false, "admin": true },
                { "id": 5 }, { "id": 6 }
            ]
        }"#,
    )
    .expect("a valid world");

    let profile = || Profile::new("{}");
    let user = |id, active, admin| NewUser {
        id: UserId(id),
        active,
        admin,
        profile: profile(),
    };
    let users = [
        user(3, true, false),
        user(4, false, true),
        user(5, true, false),
        user(6, true, false),
    ];
    assert_eq!(world.users(), users);

    let evening = at(1_718_647_200);
    let brand = |id, owner, tariff, tariff_until| NewBrand {
        id: BrandId(id),
        owner: UserId(owner),
        tariff,
        tariff_until,
        profile: profile(),
    };
    let brands = [
        brand(1, 3, None, None),
        brand(2, 4, Some(Tariff::Business), Some(evening)),
        brand(3, 5, None, Some(evening)),
        brand(4, 6, Some(Tariff::Comfort), None),
    ];
    assert_eq!(world.brands(), brands);

    let room = |id, participants: &[i64]| NewRoom {
        id: RoomId(id),
        participants: participants.iter().copied().map(BrandId).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    let support = NewRoom {
        kind: RoomKind::new("support").expect("a valid kind"),
        pen: Pen::Always,
        frozen: true,
        ..room(9, &[])
    };
    assert_eq!(world.rooms(), [room(7, &[2, 1]), support]);

    let message = |id: Option<i64>, author, text, at| NewMessage {
        id: id.map(MessageId),
        room: RoomId(7),
        author: UserId(author),
        text: Text::new(text, 10).expect("a valid text"),
        created_at: at,
    };
    let milliseconds = OffsetDateTime::from_unix_timestamp_nanos(1_718_647_200_123_000_000);
    let first = milliseconds.expect("a valid time").into();
    let messages = [
        message(None, 3, " hello\n", first),
        message(Some(5), 4, "ж", at(1_718_647_201)),
    ];
    assert_eq!(world.messages(), messages);
}

#[test]
fn missing_lists_are_empty() {
    assert_eq!(parse("{}"), Ok(World::default()));
    assert_eq!(parse("\u{feff} { \"rooms\": [] }\n"), Ok(World::default()));
}

#[test]
fn profile_keeps_its_exact_text() {
    let odd =
        "{ \"z\":1e400,\n\t\"id\": 3 , \"a\":12345678901234567890123, \"\\u0069\":\"\\ud800\" }";
    let file = format!("{{\"users\": [{{\"id\": 3, \"profile\":  {odd}  }}]}}");
    let world = parse(&file).expect("a valid world");
    assert_eq!(world.users()[0].profile.as_str(), odd);
}

#[test]
fn display_name_takes_first_usable_field() {
    for (profile, expected) in [
        (
            r#"{"email":"a@example.com","brand_name_pos":"A, CEO","fullname":"Ann"}"#,
            Some("Ann"),
        ),
        (
            r#"{"email":"a@example.com","brand_name_pos":"A, CEO","fullname":" "}"#,
            Some("A, CEO"),
        ),
        (
            r#"{"email":"a@example.com","brand_name_pos":null,"fullname":7}"#,
            Some("a@example.com"),
        ),
        (r#"{"email":{}}"#, None),
        ("{}", None),
        ("not even JSON", None),
    ] {
        let name = display_name(&Profile::new(profile));
        assert_eq!(name.as_deref(), expected, "{profile}");
    }
}

#[test]
fn demo_has_all_room_kinds_and_names() {
    let world = parse(DEMO).unwrap_or_else(|errors| panic!("{errors}"));

    let admins: Vec<_> = world.users().iter().filter(|user| user.admin).collect();
    assert_eq!(
        admins.iter().map(|admin| admin.id.0).collect::<Vec<_>>(),
        [9]
    );
    let owners: Vec<_> = world.brands().iter().map(|brand| brand.owner.0).collect();
    assert_eq!(owners, [1, 2, 3, 4]);

    let business = |room: &NewRoom| {
        let brands = world.brands().iter();
        let mut participants = brands.filter(|brand| room.participants.contains(&brand.id));
        let brand = participants.find(|brand| brand.tariff == Some(Tariff::Business));
        brand.map(|brand| brand.tariff_until)
    };
    let rooms: Vec<_> = world.rooms().iter().map(business).collect();
    let until_2099 = at(4_070_908_800);
    let expired = at(1_725_148_800);
    assert_eq!(rooms, [Some(Some(until_2099)), Some(Some(expired)), None]);

    for room in world.rooms() {
        let owners: Vec<_> = world
            .brands()
            .iter()
            .filter(|brand| room.participants.contains(&brand.id))
            .map(|brand| brand.owner)
            .collect();
        let authors: Vec<_> = world
            .messages()
            .iter()
            .filter(|message| message.room == room.id)
            .map(|message| message.author)
            .collect();
        assert!(authors.len() >= 2, "no conversation in room {}", room.id);
        assert!(
            authors.iter().all(|author| owners.contains(author)),
            "room {} has an author who is not a participant",
            room.id
        );
    }
    for user in world.users() {
        assert!(display_name(&user.profile).is_some_and(|email| email.ends_with("@example.com")));
    }
    for brand in world.brands() {
        assert!(display_name(&brand.profile).is_some_and(|fullname| fullname.contains(' ')));
    }
}
