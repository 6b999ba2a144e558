//! Rooms that are closed for writing, and rooms in which administrators may write or not
//! whatever the tariff is.

use aftermatch_test_support::{
    NewRoom, Pen, RoomKind, Service, Setup, create, on_every_store, room,
};
use serde_json::{Value, json};

use super::{actions, expect_delivery};

fn frozen() -> NewRoom {
    NewRoom {
        frozen: true,
        ..room(1, &[1, 2])
    }
}

fn writes() -> Vec<Value> {
    let mut writes = actions()[..3].to_vec();
    writes.push(json!({"action": "typing"}));
    writes
}

async fn frozen_room_is_read_and_not_written(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_joined(9, 1).await;
    // They are authorized by cached reads from now on.
    expect_delivery(&mut ann, &mut [&mut bob, &mut admin]).await;
    expect_delivery(&mut admin, &mut [&mut ann, &mut bob]).await;

    service.put_room(frozen()).await;
    let mut sentences = Vec::new();
    for client in [&mut ann, &mut bob, &mut admin] {
        let refused = client.request(create("too late")).await;
        assert_eq!(refused["error_code"], "room_frozen", "{refused}");
        sentences.push(refused["errors"].clone());
        for write in writes() {
            client.expect_refusal(write, 403, "room_frozen").await;
        }
        let room = client.join(1).await["data"].clone();
        assert_eq!(room["frozen"], true, "{room}");
        for read in [
            json!({"action": "get_room_messages"}),
            json!({"action": "search_messages", "text": "on"}),
            json!({"action": "list"}),
        ] {
            let read = client.request(read).await;
            assert_eq!(read["response_status"], 200, "{read}");
        }
    }
    let first = &sentences[0];
    let is_same = sentences.iter().all(|sentence| sentence == first);
    assert!(is_same, "one for all: {sentences:?}");
    let read = ann.request(json!({"action": "mark_read", "seq": 1})).await;
    assert_eq!(read["response_status"], 200, "{read}");
    let info = bob.request(json!({"action": "current_room_info"})).await;
    assert_eq!(info["data"]["frozen"], true, "{info}");

    service.put_room(room(1, &[1, 2])).await;
    let event = expect_delivery(&mut ann, &mut [&mut bob, &mut admin]).await;
    assert_eq!(event["data"]["room"].get("frozen"), None, "{event}");
    assert_eq!(
        event["data"]["seq"], 4,
        "refused writes take no event number"
    );
}

async fn frozen_room_reaches_followers(setup: Setup) {
    let service = setup.start().await;
    let mut clients = [
        service.chat(3).await,
        service.joined(4, 1).await,
        service.admin_chat(9).await,
    ];
    for client in &mut clients {
        let follow = json!({"action": "follow", "rooms": true});
        assert_eq!(client.request(follow).await["response_status"], 200);
    }
    for (room, expected) in [(frozen(), json!(true)), (room(1, &[1, 2]), Value::Null)] {
        service.put_room(room).await;
        for client in &mut clients {
            let changed = client.receive().await;
            assert_eq!(changed["action"], "room_changed", "{changed}");
            assert_eq!(changed["data"]["room_pk"], 1, "{changed}");
            assert_eq!(changed["data"]["room"]["pk"], 1, "{changed}");
            assert_eq!(changed["data"]["room"]["frozen"], expected, "{changed}");
        }
    }
}

/// Room 2 has no business tariff.
async fn pen_decides_when_admins_write(setup: Setup) {
    let service = setup.start().await;
    for (pk, pen, refusal) in [
        (2, Pen::Always, None),
        (1, Pen::Never, Some("admins_cannot_write")),
        (2, Pen::Tariff, Some("business_required")),
        (1, Pen::Tariff, None),
    ] {
        let brands = if pk == 1 { [1, 2] } else { [3, 1] };
        let changed = NewRoom {
            pen,
            ..room(pk, &brands)
        };
        service.put_room(changed).await;
        let mut admin = service.admin_joined(9, pk).await;
        match refusal {
            Some(code) => {
                for write in writes() {
                    admin.expect_refusal(write, 403, code).await;
                }
            }
            None => {
                let typing = admin.request(json!({"action": "typing"})).await;
                assert_eq!(typing["response_status"], 200, "{typing}");
                expect_delivery(&mut admin, &mut []).await;
            }
        }
        let mut ann = service.joined(3, pk).await;
        expect_delivery(&mut ann, &mut [&mut admin]).await;
    }
}

async fn keys_of_the_room(service: &Service) -> String {
    let mut ann = service.joined(3, 1).await;
    let event = ann.create("hello").await;
    let list = ann.request(json!({"action": "list"})).await;
    let keys = |room: &Value| {
        let keys = ["frozen", "kind", "pen"];
        let shown = keys.map(|key| room.get(key).map_or_else(String::new, Value::to_string));
        shown.join(" ")
    };
    let shown = keys(&event["data"]["room"]);
    assert_eq!(keys(&list["data"][0]), shown);
    shown
}

/// Clients of today see the bytes of today.
async fn only_other_values_than_the_defaults_are_shown(setup: Setup) {
    let service = setup.start().await;
    assert_eq!(keys_of_the_room(&service).await, "  ");
    let support = NewRoom {
        kind: RoomKind::new("support").expect("a valid kind"),
        pen: Pen::Always,
        ..room(1, &[1, 2])
    };
    service.put_room(support).await;
    assert_eq!(keys_of_the_room(&service).await, r#" "support" "always""#);
}

on_every_store!(
    frozen_room_is_read_and_not_written,
    frozen_room_reaches_followers,
    pen_decides_when_admins_write,
    only_other_values_than_the_defaults_are_shown,
);
