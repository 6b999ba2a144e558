use super::errors;

#[test]
fn inconsistent_records_are_reported() {
    let json = r#"{
  "users": [
    { "id": 3 },
    { "id": 3 },
    {
      "active": true,
      "id": -4
    }
  ],
  "brands": [
    { "id": 1, "user_id": 3 },
    { "id": 2, "user_id": 3 },
    {
      "id": 1,
      "user_id": 8
    }
  ],
  "rooms": [
    { "id": 1, "participants": [1] }
  ],
  "messages": [
    { "id": 4, "room_id": 1, "user_id": 3, "text": "a", "created_at": "2024-06-17T18:00:00Z" },
    { "id": 4, "room_id": 1, "user_id": 3, "text": "b", "created_at": "2024-06-17T18:00:00Z" }
  ]
}"#;
    assert_eq!(
        errors(json),
        [
            "line 4: users[1].id is 3, and so is that of users[0]: each user has an id of its own",
            "line 7: users[2].id is -4: ids are 1 and up",
            "line 12: brands[1].user_id is 3, who owns brands[0] already: a user owns one brand at most",
            "line 14: brands[2].id is 1, and so is that of brands[0]: each brand has an id of its own",
            "line 15: brands[2].user_id is 8, but there is no user with that id",
            "line 23: messages[1].id is 4, and so is that of messages[0]: each message has an id of its own"
        ]
    );
}

#[test]
fn all_errors_are_reported_in_file_order() {
    let json = r#"{
  "rooms": [
    { "id": 1, "participants": [1, 2] },
    { "id": 2, "participants": [2, 7] },
    { "id": "3", "participants": [1, 1] },
    { "id": 4,
      "participants": [
        true,
        5
      ],
      "colour": "red"
    }
  ],
  "users": [
    { "id": 3, "active": "yes" },
    { "id": 4, "profile": { "id": 5 } }
  ],
  "brands": [
    { "id": 1, "user_id": 3, "tariff": "gold" },
    { "id": 2, "user_id": 44, "tariff_until": "soon" }
  ],
  "messages": [
    { "room_id": 1, "user_id": 3, "text": "", "created_at": "now" },
    { "room_id": 9, "user_id": 6, "text": "a", "created_at": "2024-06-17T18:00:00Z" },
    { "room_id": 4, "text": "a", "created_at": "2024-06-17T18:00:00Z" }
  ]
}"#;
    assert_eq!(
        errors(json),
        [
            "line 4: rooms[1].participants[1] is 7, but there is no brand with that id",
            r#"line 5: rooms[2].id is the string "3"; it must be an integer from 1 to 9223372036854775807"#,
            "line 5: rooms[2].participants[1] is 1, who is in this room already",
            "line 8: rooms[3].participants[0] is true; it must be an integer from 1 to 9223372036854775807",
            "line 9: rooms[3].participants[1] is 5, but there is no brand with that id",
            "line 11: rooms[3].colour is not a key of a room; those are id, participants, kind, pen, frozen",
            r#"line 15: users[0].active is the string "yes"; it must be true or false"#,
            "line 16: users[1].profile.id is the number 5; it must be 4, as the id beside the profile",
            r#"line 19: brands[0].tariff is the string "gold"; it must be "light", "comfort", "business" or null"#,
            "line 20: brands[1].user_id is 44, but there is no user with that id",
            r#"line 20: brands[1].tariff_until is the string "soon"; it must be a time such as "2024-06-17T18:00:00.000Z", or null"#,
            "line 23: messages[0].text is blank; it must say something",
            r#"line 23: messages[0].created_at is the string "now"; it must be a time such as "2024-06-17T18:00:00.000Z""#,
            "line 24: messages[1].user_id is 6, but there is no user with that id",
            "line 25: messages[2].user_id is missing"
        ]
    );
}

#[test]
fn unreadable_id_causes_no_false_errors() {
    let json = r#"{
  "users": [
    { "id": 3, "active": 1 },
    { "id": "4" },
    5
  ],
  "brands": [
    { "id": 1, "user_id": 3, "tariff": 1 },
    { "user_id": 4 },
    { "id": 3, "id": 6, "user_id": 3 }
  ],
  "rooms": [
    { "id": 1, "participants": [1, 6, 6] },
    []
  ],
  "messages": [
    { "room_id": 2, "user_id": 5, "text": "a", "created_at": "2024-06-17T18:00:00Z" },
    { "room_id": 1, "user_id": 3, "text": "a", "created_at": "2024-06-17T18:00:00Z" }
  ]
}"#;
    assert_eq!(
        errors(json),
        [
            "line 3: users[0].active is the number 1; it must be true or false",
            r#"line 4: users[1].id is the string "4"; it must be an integer from 1 to 9223372036854775807"#,
            "line 5: users[2] is the number 5; it must be an object",
            r#"line 8: brands[0].tariff is the number 1; it must be "light", "comfort", "business" or null"#,
            "line 9: brands[1].id is missing",
            "line 10: brands[2].id is there twice",
            "line 10: brands[2].user_id is 3, who owns brands[0] already: a user owns one brand at most",
            "line 13: rooms[0].participants[2] is 6, who is in this room already",
            "line 14: rooms[1] is a list; it must be an object"
        ]
    );
}

#[test]
fn misspelt_list_causes_one_error() {
    let json = "{\n\"usres\": [{\"id\": 3}], \"brands\": [{\"id\": 1, \"user_id\": 3}]}";
    assert_eq!(
        errors(json),
        ["line 2: usres is not a key of a world; those are users, brands, rooms, messages"]
    );
}
