//! Everyone receives the same events, each once, in one order.

use aftermatch_test_support::{Client, Setup, on_every_store};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// The number of an event; `None` in a response that is no event.
fn seq(frame: &str) -> Option<i64> {
    let frame: Value = serde_json::from_str(frame).expect("JSON");
    frame["data"]["seq"].as_i64()
}

/// Every frame up to the event `last`.
async fn receive_until(client: &mut Client, last: i64) -> Vec<String> {
    let mut received = Vec::new();
    loop {
        let frame = client.receive_text().await;
        let end = seq(&frame) == Some(last);
        received.push(frame);
        if end {
            return received;
        }
    }
}

async fn send(client: &mut Client, request_id: &str, mut request: Value) {
    request["request_id"] = json!(request_id);
    client.send_text(&request.to_string()).await;
}

const CREATED: i64 = 50;
const DELETED: i64 = 20;
const EDITED: i64 = 30;

/// Makes a hundred changes. Waits for responses only to learn the ids. Returns the frames
/// received meanwhile.
async fn write_a_hundred(client: &mut Client, name: &str) -> Vec<String> {
    let own = format!("{name} creates");
    for _ in 0..CREATED {
        send(
            client,
            &own,
            json!({"action": "create_message", "msg_text": name}),
        )
        .await;
    }
    let (mut received, mut ids) = (Vec::new(), Vec::new());
    while ids.len() < CREATED as usize {
        let frame = client.receive_text().await;
        let response: Value = serde_json::from_str(&frame).expect("JSON");
        if response["request_id"] == json!(own) {
            ids.push(response["data"]["id"].clone());
        }
        received.push(frame);
    }
    let (to_delete, to_edit) = ids.split_at(DELETED as usize);
    for (nth, edited) in to_edit.iter().enumerate() {
        let edit = json!({"action": "edit_message", "msg_id": edited, "edited_msg_text": "new"});
        send(client, &format!("{name} edits"), edit).await;
        if let Some(deleted) = to_delete.get(nth) {
            // The second id does not exist: only the requester learns that.
            let delete =
                json!({"action": "delete_messages", "msg_id_list": [deleted, 987_654_321]});
            send(client, &format!("{name} deletes"), delete).await;
        }
    }
    received
}

async fn hundred_clients_see_one_order(setup: Setup) {
    let service = setup.start().await;
    let mut listeners = join_all((0..97).map(|nth| service.joined(3 + nth % 2, 1))).await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    // The world starts with one message.
    let last = 1 + 3 * (CREATED + EDITED + DELETED);

    let mut writers = [(&mut ann, "ann"), (&mut bob, "bob"), (&mut admin, "admin")];
    let written = writers.iter_mut().map(async |(client, name)| {
        let mut received = write_a_hundred(client, name).await;
        received.extend(receive_until(client, last).await);
        (*name, received)
    });
    let written = join_all(written).await;
    let received = join_all(
        listeners
            .iter_mut()
            .map(|client| receive_until(client, last)),
    )
    .await;

    let (first, others) = received.split_first().expect("97 of them");
    let order: Vec<_> = first.iter().map(|frame| seq(frame)).collect();
    assert_eq!(order, (2..=last).map(Some).collect::<Vec<_>>());
    let has_no_errors = |frame: &String| frame.starts_with(r#"{"errors":[],"#);
    assert!(
        first.iter().all(has_no_errors),
        "errors are for the requester only"
    );
    assert!(
        others.iter().all(|other| other == first),
        "all receive the same bytes"
    );

    for (name, received) in written {
        assert_eq!(
            received.len(),
            first.len(),
            "{name} receives each event once"
        );
        let own_deletion = format!("{name} deletes");
        for (own, all) in received.iter().zip(first) {
            let response: Value = serde_json::from_str(own).expect("JSON");
            if response["request_id"] == json!(own_deletion) {
                assert_eq!(
                    response["errors"].as_array().map(Vec::len),
                    Some(1),
                    "{own}"
                );
                assert_eq!(seq(own), seq(all));
            } else {
                assert_eq!(own, all, "{name}");
            }
        }
    }
}

async fn each_room_numbers_its_own_events(setup: Setup) {
    let service = setup.start().await;
    let mut in_one = service.joined(3, 1).await;
    let mut in_two = service.joined(3, 2).await;
    for nth in 1..=3 {
        assert_eq!(in_one.create("one").await["data"]["seq"], 1 + nth);
        assert_eq!(in_two.create("two").await["data"]["seq"], nth);
    }
    in_one.expect_silence().await;
    in_two.expect_silence().await;
}

async fn refused_request_takes_no_seq(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    assert_eq!(ann.create("before").await["data"]["seq"], 2);
    let blank = json!({"action": "create_message", "msg_text": " "});
    ann.expect_refusal(blank, 400, "text_blank").await;
    let unknown = json!({"action": "delete_messages", "msg_id_list": [987_654_321]});
    ann.expect_refusal(unknown, 404, "message_not_found").await;
    assert_eq!(ann.create("after").await["data"]["seq"], 3);
}

fn expect_no_gap(received: &[i64]) {
    let without_gap: Vec<_> = (received[0]..).take(received.len()).collect();
    assert_eq!(received, without_gap);
}

/// Writes until the future is dropped.
async fn write_on(mut client: Client, name: &str) {
    let create = json!({"action": "create_message", "msg_text": name});
    loop {
        send(&mut client, name, create.clone()).await;
        while client.receive().await["request_id"] != name {}
    }
}

/// Joins and leaves many times while two others write. In the end the client stays in the
/// room.
async fn join_and_leave(client: &mut Client) {
    for round in 0..100 {
        // The next frame must be the response.
        client.join(1).await;
        let mut received = Vec::new();
        for _ in 0..round % 3 + 1 {
            received.extend(seq(&client.receive_text().await));
        }
        send(client, "leave", json!({"action": "leave_room"})).await;
        loop {
            let frame = client.receive_text().await;
            match seq(&frame) {
                Some(seq) => received.push(seq),
                None => break,
            }
        }
        expect_no_gap(&received);
    }
    client.join(1).await;
}

async fn join_during_burst_misses_no_event(setup: Setup) {
    let service = setup.start().await;
    let mut clients = join_all((0..5).map(|_| service.chat(4))).await;
    tokio::select! {
        () = write_on(service.joined(3, 1).await, "ann") => {}
        () = write_on(service.joined(4, 1).await, "bob") => {}
        _ = join_all(clients.iter_mut().map(join_and_leave)) => {}
    }
    let end = json!({"action": "create_message", "msg_text": "that is all"});
    let mut ann = service.joined(3, 1).await;
    send(&mut ann, "the end", end).await;
    for client in &mut clients {
        let mut received = Vec::new();
        loop {
            let change = client.receive().await;
            received.extend(change["data"]["seq"].as_i64());
            if change["request_id"] == "the end" {
                break;
            }
        }
        expect_no_gap(&received);
    }
}

async fn responses_keep_request_order_during_writes(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let asking = async {
        for round in 0..40 {
            for (nth, request) in [
                json!({"action": "list"}),
                json!({"action": "create_message", "msg_text": "quick"}),
                json!({"action": "edit_message", "msg_id": 1, "edited_msg_text": "not mine"}),
                json!({"action": "current_room_info"}),
                json!({"action": "sing"}),
            ]
            .into_iter()
            .enumerate()
            {
                send(&mut bob, &format!("bob {round} {nth}"), request).await;
            }
        }
        let mut responses = Vec::new();
        while responses.len() < 200 {
            let response = bob.receive().await;
            let id = response["request_id"].as_str().expect("a string");
            if let Some(id) = id.strip_prefix("bob ") {
                responses.push((id.to_owned(), response["response_status"].clone()));
            }
        }
        responses
    };
    let responses = tokio::select! {
        () = write_on(service.joined(3, 1).await, "ann") => unreachable!("it writes on"),
        responses = asking => responses,
    };
    let expected = (0..40).flat_map(|round| {
        let statuses = [200, 201, 404, 200, 405].into_iter().enumerate();
        statuses.map(move |(nth, status)| (format!("{round} {nth}"), json!(status)))
    });
    assert_eq!(responses, expected.collect::<Vec<_>>());
}

on_every_store!(
    hundred_clients_see_one_order,
    each_room_numbers_its_own_events,
    refused_request_takes_no_seq,
    join_during_burst_misses_no_event,
    responses_keep_request_order_during_writes,
);
