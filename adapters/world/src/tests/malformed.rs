use super::errors;

#[test]
fn invalid_json_is_reported_with_column() {
    for (json, expected) in [
        ("", "line 1, column 1: the file is empty"),
        (" \n\t", "line 2, column 1: the file is empty"),
        (
            "{\n  \"users\": [\n",
            "line 3, column 1: the file ends too early: a value is incomplete",
        ),
        (
            "{\n  \"users\": [1,]\n}",
            "line 2, column 15: the file is not JSON here: expected value",
        ),
        (
            "{ \"жж\": x }",
            "line 1, column 9: the file is not JSON here: expected value",
        ),
        (
            "{} {}",
            "line 1, column 4: the file is not JSON here: trailing characters",
        ),
        (
            "users: []",
            "line 1, column 1: the file is not JSON here: expected value",
        ),
        (
            "{\"users\": [\"a\nb\"]}",
            r#"line 1, column 13: the file is not JSON here: control character (\u0000-\u001F) found while parsing a string"#,
        ),
    ] {
        assert_eq!(errors(json), [expected], "{json:?}");
    }
}

#[test]
fn malformed_world_is_reported() {
    for (json, expected) in [
        ("[]", "line 1: the file is a list; it must be an object"),
        (
            "\n7",
            "line 2: the file is the number 7; it must be an object",
        ),
        (
            "{\n\"rooms\": [],\n\"user\": []}",
            "line 3: user is not a key of a world; those are users, brands, rooms, messages",
        ),
        (
            "{\"a b\": []}",
            r#"line 1: "a b" is not a key of a world; those are users, brands, rooms, messages"#,
        ),
        (
            "{\"users\": {}}",
            "line 1: users is an object; it must be a list",
        ),
        (
            "{\"users\": [],\n\"users\": []}",
            "line 2: users is there twice",
        ),
        (
            "{\"\\ud800\": 1}",
            r#"line 1: the file has a key with an unpaired UTF-16 surrogate: \ud800 to \udfff come in pairs"#,
        ),
    ] {
        assert_eq!(errors(json), [expected], "{json:?}");
    }
}

#[test]
fn malformed_user_is_reported() {
    for (user, expected) in [
        (
            "7",
            "line 2: users[0] is the number 7; it must be an object",
        ),
        ("null", "line 2: users[0] is null; it must be an object"),
        ("[]", "line 2: users[0] is a list; it must be an object"),
        ("{}", "line 2: users[0].id is missing"),
        (r#"{"id": 0}"#, "line 2: users[0].id is 0: ids are 1 and up"),
        (
            r#"{"id": "3"}"#,
            r#"line 2: users[0].id is the string "3"; it must be an integer from 1 to 9223372036854775807"#,
        ),
        (
            r#"{"id": 3.0}"#,
            "line 2: users[0].id is the number 3.0; it must be an integer from 1 to 9223372036854775807",
        ),
        (
            r#"{"id": 9223372036854775808}"#,
            "line 2: users[0].id is the number 9223372036854775808; it must be an integer from 1 to 9223372036854775807",
        ),
        (
            r#"{"id": null}"#,
            "line 2: users[0].id is null; it must be an integer from 1 to 9223372036854775807",
        ),
        (
            r#"{"id": 3, "id": 3}"#,
            "line 2: users[0].id is there twice",
        ),
        (
            r#"{"id": 3, "emial": ""}"#,
            "line 2: users[0].emial is not a key of a user; those are id, active, admin, profile",
        ),
        (
            r#"{"id": 3, "a\nb": 1}"#,
            r#"line 2: users[0]["a\nb"] is not a key of a user; those are id, active, admin, profile"#,
        ),
        (
            r#"{"id": 3, "active": 1}"#,
            "line 2: users[0].active is the number 1; it must be true or false",
        ),
        (
            r#"{"id": 3, "active": null}"#,
            "line 2: users[0].active is null; it must be true or false",
        ),
        (
            r#"{"id": 3, "admin": "yes"}"#,
            r#"line 2: users[0].admin is the string "yes"; it must be true or false"#,
        ),
        (
            r#"{"id": 3, "profile": null}"#,
            "line 2: users[0].profile is null; it must be an object",
        ),
        (
            r#"{"id": 3, "profile": [1]}"#,
            "line 2: users[0].profile is a list; it must be an object",
        ),
        (
            r#"{"id": 3, "profile": {"id": 4}}"#,
            "line 2: users[0].profile.id is the number 4; it must be 3, as the id beside the profile",
        ),
        (
            r#"{"id": 3, "profile": {"id": "3"}}"#,
            r#"line 2: users[0].profile.id is the string "3"; it must be 3, as the id beside the profile"#,
        ),
        (
            r#"{"id": 3, "profile": {"id": 3, "id": 4}}"#,
            "line 2: users[0].profile.id is there twice",
        ),
        (
            r#"{"id": 3, "\ud800": 1}"#,
            r#"line 2: users[0] has a key with an unpaired UTF-16 surrogate: \ud800 to \udfff come in pairs"#,
        ),
    ] {
        assert_eq!(
            errors(&format!("{{\"users\": [\n{user}\n]}}")),
            [expected],
            "{user}"
        );
    }
}

#[test]
fn malformed_brand_is_reported() {
    let long = format!(r#""tariff": "{}""#, "b".repeat(99));
    for (field, expected) in [
        (
            r#""user": 1"#,
            "line 3: brands[0].user is not a key of a brand; those are id, user_id, tariff, tariff_until, profile",
        ),
        (
            r#""tariff": "gold""#,
            r#"line 3: brands[0].tariff is the string "gold"; it must be "light", "comfort", "business" or null"#,
        ),
        (
            r#""tariff": "Бизнес""#,
            r#"line 3: brands[0].tariff is the string "Бизнес"; it must be "light", "comfort", "business" or null"#,
        ),
        (
            r#""tariff": 3"#,
            r#"line 3: brands[0].tariff is the number 3; it must be "light", "comfort", "business" or null"#,
        ),
        (
            &long,
            r#"line 3: brands[0].tariff is the string "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…"; it must be "light", "comfort", "business" or null"#,
        ),
        (
            r#""tariff_until": "tomorrow""#,
            r#"line 3: brands[0].tariff_until is the string "tomorrow"; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
        ),
        (
            r#""tariff_until": "2099-01-01""#,
            r#"line 3: brands[0].tariff_until is the string "2099-01-01"; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
        ),
        (
            r#""tariff_until": "2099-02-30T00:00:00Z""#,
            r#"line 3: brands[0].tariff_until is the string "2099-02-30T00:00:00Z"; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
        ),
        (
            r#""tariff_until": "9999-12-31T23:59:59-01:00""#,
            r#"line 3: brands[0].tariff_until is the string "9999-12-31T23:59:59-01:00"; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
        ),
        (
            r#""tariff_until": 4070908800"#,
            r#"line 3: brands[0].tariff_until is the number 4070908800; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
        ),
    ] {
        let json = format!(
            "{{\"users\": [{{\"id\": 3}}], \"brands\": [\n{{\"id\": 1, \"user_id\": 3,\n{field}}}]}}"
        );
        assert_eq!(errors(&json), [expected], "{field}");
    }
}

#[test]
fn malformed_room_is_reported() {
    for (room, expected) in [
        (r#"{"id": 1}"#, "line 2: rooms[0].participants is missing"),
        (r#"{"participants": []}"#, "line 2: rooms[0].id is missing"),
        (
            r#"{"id": 1, "participants": 1}"#,
            "line 2: rooms[0].participants is the number 1; it must be a list of brand ids",
        ),
        (
            "{\"id\": 1, \"participants\": [\n\"1\"]}",
            r#"line 3: rooms[0].participants[0] is the string "1"; it must be an integer from 1 to 9223372036854775807"#,
        ),
        (
            "{\"id\": 1, \"participants\": [1,\n6]}",
            "line 3: rooms[0].participants[1] is 6, but there is no brand with that id",
        ),
        (
            "{\"id\": 1, \"participants\": [1,\n\n1]}",
            "line 4: rooms[0].participants[1] is 1, who is in this room already",
        ),
        (
            r#"{"id": 1, "participants": [], "kind": "Support desk"}"#,
            r#"line 2: rooms[0].kind is the string "Support desk"; it must be 1 to 32 characters of a-z, 0-9, _ and -, the first of them a letter"#,
        ),
        (
            r#"{"id": 1, "participants": [], "kind": null}"#,
            "line 2: rooms[0].kind is null; it must be 1 to 32 characters of a-z, 0-9, _ and -, the first of them a letter",
        ),
        (
            "{\"id\": 1, \"participants\": [],\n\"pen\": \"sometimes\"}",
            r#"line 3: rooms[0].pen is the string "sometimes"; it must be "tariff", "always" or "never""#,
        ),
        (
            r#"{"id": 1, "participants": [], "frozen": "yes"}"#,
            r#"line 2: rooms[0].frozen is the string "yes"; it must be true or false"#,
        ),
        (
            r#"{"id": 1, "participants": [], "pk": 1}"#,
            "line 2: rooms[0].pk is not a key of a room; those are id, participants, kind, pen, frozen",
        ),
    ] {
        let json = format!(
            "{{\"users\": [{{\"id\": 3}}], \"brands\": [{{\"id\": 1, \"user_id\": 3}}], \"rooms\": [\n{room}]}}"
        );
        assert_eq!(errors(&json), [expected], "{room}");
    }
}

#[test]
fn malformed_message_is_reported() {
    let valid = [
        r#""room_id": 1"#,
        r#""user_id": 3"#,
        r#""text": "a""#,
        r#""created_at": "2024-06-17T18:00:00Z""#,
    ];
    for (nth, field, expected) in [
        (0, r#""id": 1"#, "line 2: messages[0].room_id is missing"),
        (
            0,
            r#""room_id": 8"#,
            "line 2: messages[0].room_id is 8, but there is no room with that id",
        ),
        (
            1,
            r#""user_id": 8"#,
            "line 3: messages[0].user_id is 8, but there is no user with that id",
        ),
        (
            1,
            r#""user_id": true"#,
            "line 3: messages[0].user_id is true; it must be an integer from 1 to 9223372036854775807",
        ),
        (
            2,
            r#""text": 5"#,
            "line 4: messages[0].text is the number 5; it must be a string",
        ),
        (
            2,
            r#""text": " \n""#,
            "line 4: messages[0].text is blank; it must say something",
        ),
        (
            2,
            r#""text": "a\u0000""#,
            "line 4: messages[0].text contains U+0000, which is not allowed in a message",
        ),
        (
            2,
            r#""text": "\ud83d""#,
            r#"line 4: messages[0].text contains an unpaired UTF-16 surrogate: \ud800 to \udfff come in pairs"#,
        ),
        (
            3,
            r#""created_at": null"#,
            r#"line 5: messages[0].created_at is null; it must be a time such as "2024-06-17T18:00:00.000Z""#,
        ),
        (
            3,
            r#""created_at": "17.06.2024 18:00""#,
            r#"line 5: messages[0].created_at is the string "17.06.2024 18:00"; it must be a time such as "2024-06-17T18:00:00.000Z""#,
        ),
        (
            3,
            r#""created_at": "2024-06-17T18:00:00Z", "id": null"#,
            "line 5: messages[0].id is null; it must be an integer from 1 to 9223372036854775807",
        ),
        (
            3,
            r#""created_at": "2024-06-17T18:00:00Z", "seq": 1"#,
            "line 5: messages[0].seq is not a key of a message; those are id, room_id, user_id, text, created_at",
        ),
    ] {
        let mut fields = valid;
        fields[nth] = field;
        let json = format!(
            "{{\"users\": [{{\"id\": 3}}], \"rooms\": [{{\"id\": 1, \"participants\": []}}], \"messages\": [\n{{{}}}]}}",
            fields.join(",\n")
        );
        assert_eq!(errors(&json), [expected], "{field}");
    }
}
