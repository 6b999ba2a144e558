//! Everyone sees the same: what happened, once each, in one order.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Client, Setup, on_every_store};

/// The number of a change; `None` in an answer that is none.
fn seq(frame: &str) -> Option<i64> {
    let frame: Value = serde_json::from_str(frame).expect("JSON");
    frame["data"]["seq"].as_i64()
}

/// Everything that is heard, up to the change `last`.
async fn hear_until(client: &mut Client, last: i64) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let frame = client.text().await;
        let end = seq(&frame) == Some(last);
        heard.push(frame);
        if end {
            return heard;
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

/// Makes a hundred changes, without waiting for the answers but where it has to
/// learn the ids. Returns what was heard meanwhile.
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
    let (mut heard, mut ids) = (Vec::new(), Vec::new());
    while ids.len() < CREATED as usize {
        let frame = client.text().await;
        let answer: Value = serde_json::from_str(&frame).expect("JSON");
        if answer["request_id"] == json!(own) {
            ids.push(answer["data"]["id"].clone());
        }
        heard.push(frame);
    }
    let (to_delete, to_edit) = ids.split_at(DELETED as usize);
    for (nth, edited) in to_edit.iter().enumerate() {
        let edit = json!({"action": "edit_message", "msg_id": edited, "edited_msg_text": "new"});
        send(client, &format!("{name} edits"), edit).await;
        if let Some(deleted) = to_delete.get(nth) {
            // The second id is nobody's: the asker hears of that, the others do not.
            let delete =
                json!({"action": "delete_messages", "msg_id_list": [deleted, 987_654_321]});
            send(client, &format!("{name} deletes"), delete).await;
        }
    }
    heard
}

async fn a_hundred_clients_see_three_writers_in_one_order(setup: Setup) {
    let service = setup.start().await;
    let mut listeners = join_all((0..97).map(|nth| service.joined(3 + nth % 2, 1))).await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    // The world begins with one message.
    let last = 1 + 3 * (CREATED + EDITED + DELETED);

    let mut writers = [(&mut ann, "ann"), (&mut bob, "bob"), (&mut admin, "admin")];
    let written = writers.iter_mut().map(async |(client, name)| {
        let mut heard = write_a_hundred(client, name).await;
        heard.extend(hear_until(client, last).await);
        (*name, heard)
    });
    let written = join_all(written).await;
    let heard = join_all(listeners.iter_mut().map(|client| hear_until(client, last))).await;

    let (first, others) = heard.split_first().expect("97 of them");
    let order: Vec<_> = first.iter().map(|frame| seq(frame)).collect();
    assert_eq!(order, (2..=last).map(Some).collect::<Vec<_>>());
    let unharmed = |frame: &String| frame.starts_with(r#"{"errors":[],"#);
    assert!(first.iter().all(unharmed), "what failed is for the asker");
    assert!(
        others.iter().all(|other| other == first),
        "all hear the same, to the byte"
    );

    for (name, heard) in written {
        assert_eq!(heard.len(), first.len(), "{name} hears each change once");
        let own_deletion = format!("{name} deletes");
        for (own, all) in heard.iter().zip(first) {
            let answer: Value = serde_json::from_str(own).expect("JSON");
            if answer["request_id"] == json!(own_deletion) {
                assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{own}");
                assert_eq!(seq(own), seq(all));
            } else {
                assert_eq!(own, all, "{name}");
            }
        }
    }
}

async fn each_room_counts_its_changes_and_the_messages_it_began_with(setup: Setup) {
    let service = setup.start().await;
    let mut in_one = service.joined(3, 1).await;
    let mut in_two = service.joined(3, 2).await;
    for nth in 1..=3 {
        assert_eq!(in_one.create("one").await["data"]["seq"], 1 + nth);
        assert_eq!(in_two.create("two").await["data"]["seq"], nth);
    }
    in_one.hears_nothing().await;
    in_two.hears_nothing().await;
}

async fn a_refused_request_takes_no_number(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    assert_eq!(ann.create("before").await["data"]["seq"], 2);
    let blank = json!({"action": "create_message", "msg_text": " "});
    ann.refused(blank, 400, "text_blank").await;
    let unknown = json!({"action": "delete_messages", "msg_id_list": [987_654_321]});
    ann.refused(unknown, 404, "message_not_found").await;
    assert_eq!(ann.create("after").await["data"]["seq"], 3);
}

fn is_without_gap(heard: &[i64]) {
    let without_gap: Vec<_> = (heard[0]..).take(heard.len()).collect();
    assert_eq!(heard, without_gap);
}

/// Writes until it is dropped.
async fn write_on(mut client: Client, name: &str) {
    let create = json!({"action": "create_message", "msg_text": name});
    loop {
        send(&mut client, name, create.clone()).await;
        while client.hear().await["request_id"] != name {}
    }
}

/// Joins and leaves again and again, with two others writing meanwhile. At the
/// end the seat is kept.
async fn come_and_go(client: &mut Client) {
    for round in 0..100 {
        // The very next frame is the answer.
        client.join(1).await;
        let mut heard = Vec::new();
        for _ in 0..round % 3 + 1 {
            heard.extend(seq(&client.text().await));
        }
        send(client, "leave", json!({"action": "leave_room"})).await;
        loop {
            let frame = client.text().await;
            match seq(&frame) {
                Some(seq) => heard.push(seq),
                None => break,
            }
        }
        is_without_gap(&heard);
    }
    client.join(1).await;
}

async fn who_joins_amid_a_burst_hears_the_answer_and_then_all_that_follows(setup: Setup) {
    let service = setup.start().await;
    let mut clients = join_all((0..5).map(|_| service.chat(4))).await;
    tokio::select! {
        () = write_on(service.joined(3, 1).await, "ann") => {}
        () = write_on(service.joined(4, 1).await, "bob") => {}
        _ = join_all(clients.iter_mut().map(come_and_go)) => {}
    }
    let end = json!({"action": "create_message", "msg_text": "that is all"});
    let mut ann = service.joined(3, 1).await;
    send(&mut ann, "the end", end).await;
    for client in &mut clients {
        let mut heard = Vec::new();
        loop {
            let change = client.hear().await;
            heard.extend(change["data"]["seq"].as_i64());
            if change["request_id"] == "the end" {
                break;
            }
        }
        is_without_gap(&heard);
    }
}

async fn answers_come_in_the_order_of_the_requests_while_others_write(setup: Setup) {
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
        let mut answers = Vec::new();
        while answers.len() < 200 {
            let answer = bob.hear().await;
            let id = answer["request_id"].as_str().expect("a string");
            if let Some(id) = id.strip_prefix("bob ") {
                answers.push((id.to_owned(), answer["response_status"].clone()));
            }
        }
        answers
    };
    let answers = tokio::select! {
        () = write_on(service.joined(3, 1).await, "ann") => unreachable!("it writes on"),
        answers = asking => answers,
    };
    let expected = (0..40).flat_map(|round| {
        let statuses = [200, 201, 404, 200, 405].into_iter().enumerate();
        statuses.map(move |(nth, status)| (format!("{round} {nth}"), json!(status)))
    });
    assert_eq!(answers, expected.collect::<Vec<_>>());
}

on_every_store!(
    a_hundred_clients_see_three_writers_in_one_order,
    each_room_counts_its_changes_and_the_messages_it_began_with,
    a_refused_request_takes_no_number,
    who_joins_amid_a_burst_hears_the_answer_and_then_all_that_follows,
    answers_come_in_the_order_of_the_requests_while_others_write,
);
