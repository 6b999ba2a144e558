//! A client that edits and deletes without end: administrators can read all of it.

use aftermatch_test_support::{Client, Platform, Program, fresh, import, token_for};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::{
    neighbours::Neighbours,
    world::{ADMIN, usual_world},
};

/// How often one message was edited: the work of more than an hour at the default limit.
const EDITS: i64 = 100_000;

/// Messages of each deletion, and how many deletions there were. Each took away 10 MB, which are
/// 60 MB as JSON.
const MESSAGES: i64 = 1_000;
const DELETIONS: i64 = 5;

/// What Mallory did in room 2, in two statements. The message 1 was written first and edited
/// again and again; then there were messages of full length, deleted as many as can be.
fn past() -> String {
    format!(
        "INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq)
         VALUES (1, 2, 3, 'edit {EDITS}', now(), 1, {EDITS} + 1);
         INSERT INTO events
            (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
         SELECT 2, n + 1, 'edited', 3, now(), ARRAY[1], ARRAY['edit ' || n - 1], ARRAY[n]
         FROM generate_series(1, {EDITS}) n;
         INSERT INTO events
            (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
         SELECT 2, {EDITS} + n * ({MESSAGES} + 1) + 1, 'deleted', 3, now(),
            ARRAY(SELECT 2 + (n - 1) * {MESSAGES} + i FROM generate_series(0, {MESSAGES} - 1) i),
            array_fill(repeat(chr(1), 10000), ARRAY[{MESSAGES}]),
            ARRAY(SELECT 1 + {EDITS} + (n - 1) * ({MESSAGES} + 1) + i
                  FROM generate_series(1, {MESSAGES}) i)
         FROM generate_series(1, {DELETIONS}) n;
         INSERT INTO messages
            (id, room_id, user_id, created_at, deleted_at, deleted_by, seq, changed_seq)
         SELECT message, 2, 3, now(), now(), 3, created, e.seq
         FROM events e, UNNEST(message_ids, replaced_seqs) AS t(message, created)
         WHERE kind = 'deleted';
         UPDATE rooms SET last_seq = (SELECT max(seq) FROM events) WHERE id = 2;
         ANALYZE"
    )
}

/// All pages of this request, from this number on, as they are sent.
async fn pages(admin: &mut Client, mut request: Value, before: Value, most: usize) -> Vec<Value> {
    let mut pages = Vec::new();
    request["limit"] = 100.into();
    request["before_seq"] = before;
    while pages.len() < most {
        let response = admin.request(request.clone()).await;
        assert_eq!(response["response_status"], 200, "{response}");
        assert!(response.to_string().len() < 2_000_000, "a page is short");
        request["before_seq"] = response["data"]["next_before_seq"].clone();
        pages.push(response);
        if request["before_seq"] == Value::Null {
            break;
        }
    }
    pages
}

/// The numbers of all events in these pages.
fn seqs(pages: &[Value]) -> Vec<i64> {
    let results = pages.iter().map(|page| page["data"]["results"].as_array());
    let results = results.flat_map(|results| results.expect("a list"));
    let seqs = results.map(|result| result["seq"].as_i64());
    seqs.map(|seq| seq.expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_is_read_while_others_chat() {
    let database = fresh().await;
    import(database.url(), &usual_world()).await;
    let platform = Platform::connect(database.url()).await;
    let written = sqlx::raw_sql(AssertSqlSafe(past()));
    written.execute(platform.pool()).await.expect("rows");

    let program = Program::start(database.url(), &[]);
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let mut admin = Client::connect(address, "/ws/admin-chat/", &token_for(ADMIN)).await;
    admin.join(2).await;
    let attack = async move {
        let history = json!({"action": "get_message_history", "msg_id": 1});
        // The newest, those in the middle, and the oldest.
        for (before, newest) in [
            (Value::Null, EDITS + 1),
            (json!(EDITS / 2), EDITS / 2 - 1),
            (json!(201), 200),
        ] {
            let mut read = seqs(&pages(&mut admin, history.clone(), before, 2).await);
            read.sort_unstable();
            assert_eq!(read, (newest - 199..=newest).collect::<Vec<_>>());
        }
        let audit = pages(&mut admin, json!({"action": "get_audit"}), Value::Null, 7).await;
        let deletions = &audit[..5];
        for page in deletions {
            let messages = page["data"]["results"][0]["messages"].as_array();
            let messages = messages.expect("a list");
            let texts = messages
                .iter()
                .filter(|message| message["text"].is_string());
            let left_out = messages
                .iter()
                .filter(|message| message["missing"] == "left_out");
            assert_eq!((texts.count(), left_out.count()), (26, 974));
        }
        let newest = EDITS + 1;
        assert_eq!(
            seqs(&audit[5..]),
            (newest - 199..=newest).rev().collect::<Vec<_>>()
        );
        // What was left out is there.
        let history = json!({"action": "get_message_history", "msg_id": 1_000});
        let versions = pages(&mut admin, history, Value::Null, 1).await;
        let created = &versions[0]["data"]["results"][0];
        assert_eq!(
            created["text"].as_str().map(|text| text.chars().count()),
            Some(10_000)
        );
    };
    neighbours.chat_during(attack).await;
}
