use aftermatch_postgres::{Depth, Mapping, plan_bridge};

use crate::support::{MAPPING, World};

#[tokio::test]
async fn differences_are_found_and_repaired() {
    let world = World::installed().await;
    // Behind the back of the triggers, and of the chat.
    world
        .run(
            "SET session_replication_role = replica;
             UPDATE platform.accounts_user SET is_active = false WHERE id = 1;
             UPDATE platform.brand_brand SET name = 'other' WHERE id = 12;
             INSERT INTO platform.chat_room (id) VALUES (600);
             DELETE FROM platform.chat_room_participants WHERE room_id = 22 AND brand_id = 13;
             UPDATE platform.chat_message SET text = 'other' WHERE id = 1;
             DELETE FROM platform.chat_message WHERE id = 4;
             INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (601, 22, 2, 'new');
             RESET session_replication_role;
             DELETE FROM brands WHERE id = 11",
        )
        .await;
    let checked = world.check(&Depth::default()).await;
    let expected = [
        "user 1 has other rights here",
        "brand 11 is missing here",
        "the profile of brand 12 is another one here",
        "room 600 is missing here",
        "the list of participants of room 21 is another one here",
        "the list of participants of room 22 is another one here",
        "message 1 has another text, author or time here",
        "message 4 is missing there",
        "message 601 is missing here",
    ];
    assert_eq!(checked.lines, expected);
    assert_eq!(checked.problems, expected.len());
    let repair = Depth {
        repair: true,
        profiles: None,
    };
    assert_eq!(world.check(&repair).await.lines, Vec::<String>::new());
    world.is_same().await;
}

#[tokio::test]
async fn missing_trigger_and_waiting_marks_are_reported() {
    let world = World::installed().await;
    world
        .run("DROP TRIGGER public_bridge_update ON platform.chat_room")
        .await;
    world.run("UPDATE bridge_moved SET at = now()").await;
    world.run("INSERT INTO bridge_moved (source, key, at) VALUES ('platform.chat_message', '5', now() - interval '1 h')").await;
    world.run("INSERT INTO bridge_noted (source, keys, at) VALUES ('platform.chat_room', '{6,7}', now() - interval '1 h')").await;
    let lines = world.check(&Depth::default()).await.lines.join("\n");
    assert!(
        lines.contains("the triggers on platform.chat_room are gone"),
        "{lines}"
    );
    for waits in ["message: 5 waits", "room: 6 waits", "room: 7 waits"] {
        assert!(lines.contains(waits), "{lines}");
    }
}

#[tokio::test]
async fn profiles_are_compared_by_key() {
    let world = World::installed().await;
    let shown = "{\"user\": 1, \"profile\": {\"phone\": null, \"id\": 1, \"email\": \"user1@example.com\"}}
        {\"user\": 2, \"profile\": {\"id\": 2, \"email\": \"user2@example.com\", \"phone\": \"\", \"age\": 5}}
        {\"brand\": 11, \"profile\": {\"id\": 11, \"name\": \"Роза\"}}
        {\"brand\": 99, \"profile\": {}}";
    let depth = Depth {
        repair: false,
        profiles: Some(shown.to_owned()),
    };
    let lines = world.check(&depth).await.lines;
    assert_eq!(
        lines,
        [
            "brand 99 is missing here, and the platform shows it",
            "the profile of user 2 differs in age: the platform shows 5, and the query gives nothing",
            "the profile of user 2 differs in phone: the platform shows \"\", and the query gives null",
        ]
    );
}

/// The mistakes that a plan finds.
async fn mistakes(world: &World, mapping: &str) -> String {
    let mapping = Mapping::parse(mapping).expect("no mistake without a database");
    let plan = plan_bridge(&world.options(), &mapping)
        .await
        .expect("a plan");
    plan.mistakes
        .map(|mistakes| mistakes.to_string())
        .unwrap_or_default()
}

#[tokio::test]
async fn plan_names_each_mistake_of_a_query() {
    let world = World::new().await;
    assert_eq!(mistakes(&world, MAPPING).await, "");
    for (good, wrong, line, remedy) in [
        (
            "u.is_staff AS admin",
            "u.is_boss AS admin",
            "line 6:",
            "u.is_boss does not exist",
        ),
        ("u CROSS JOIN", "u CROSS JOINT", "line 7:", "syntax error"),
        (
            "u.is_active AS active",
            "u.is_active AS activ",
            "line 6:",
            "no column active",
        ),
        (
            "b.user_id,",
            "b.name AS user_id,",
            "line 11:",
            "ids are whole numbers",
        ),
        (
            "(b.sub_expire + 1)::timestamp AT TIME ZONE 'UTC'",
            "b.sub_expire",
            "line 11:",
            "AT TIME ZONE",
        ),
        (
            "FROM chat_room\"",
            "FROM chat_rooms\"",
            "line 18:",
            "does not exist",
        ),
        (
            "columns = [\"room_id\", \"user_id\", \"text\"]",
            "columns = [\"txt\"]",
            "line 45:",
            "did you mean text?",
        ),
        (
            "[source.chat_room]",
            "[source.chat_rooms]",
            "line 38:",
            "no table chat_rooms",
        ),
        (
            "SELECT id FROM brand_brand WHERE user_id",
            "SELECT id, name FROM brand_brand WHERE user_id",
            "line 29:",
            "one column",
        ),
        (
            "text, created_at FROM chat_message",
            "trim(text) AS text, created_at FROM chat_message",
            "line 22:",
            "back = { table",
        ),
    ] {
        assert!(MAPPING.contains(good), "{good}");
        let found = mistakes(&world, &MAPPING.replacen(good, wrong, 1)).await;
        let is_found = |sentence: &str| sentence.starts_with(line) && sentence.contains(remedy);
        assert!(found.lines().any(is_found), "{wrong}: {found}");
    }
}

#[tokio::test]
async fn plan_changes_nothing_and_shows_rows() {
    let world = World::new().await;
    let objects = "SELECT count(*) FROM pg_class";
    let before = world.text(objects).await;
    let plan = plan_bridge(&world.options(), &world.mapping)
        .await
        .expect("a plan")
        .to_string();
    assert_eq!(world.text(objects).await, before);
    assert!(plan.contains("\"email\":\"user1@example.com\""), "{plan}");
    assert!(plan.contains("all the rights that it needs"), "{plan}");
}
