//! Every status that the published document has, and no other.

use std::{collections::BTreeSet, sync::Arc};

use aftermatch_ports::{
    HistoryPage, MockEventQueue, MockPlatform, PlatformError, Posted, PutCounts, QueuedEvent,
    StoreError,
    model::{
        Author, BrandId, Message, MessageId, Pen, Profile, Refusal, RoomId, RoomKind, Seq, Text,
        Timestamp, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use aftermatch_protocol::api::{ApiAction, ApiCode, Body, OPERATIONS, Operation};
use poem::{Endpoint, Request, Response, http::Method};
use serde_json::Value;

use super::*;

const TOKEN: &str = "a-token-for-the-tests";

fn message() -> Message {
    Message {
        id: MessageId(1),
        room: RoomId(7),
        author: Author {
            id: UserId(3),
            profile: Profile::new("{}"),
        },
        text: Text::stored("hello"),
        attachments: None,
        created_at: at(),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(1),
        changed_seq: Seq(1),
    }
}

fn at() -> Timestamp {
    Timestamp::from(time::OffsetDateTime::UNIX_EPOCH)
}

/// What the platform's port answers to everything.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// It is there, or was done; something is new.
    New,
    /// The same, and nothing is new.
    Old,
    Nothing,
    Fails(fn() -> PlatformError),
}

fn transient() -> PlatformError {
    StoreError::transient("away").into()
}

fn permanent() -> PlatformError {
    StoreError::permanent("a strange row").into()
}

fn no_room() -> PlatformError {
    PlatformError::NoRoom(RoomId(7))
}

fn no_user() -> PlatformError {
    PlatformError::NoUser(UserId(3))
}

fn no_message() -> PlatformError {
    PlatformError::NoMessage {
        room: RoomId(7),
        id: MessageId(1),
    }
}

fn taken() -> PlatformError {
    Refusal::ClientMsgIdTaken.into()
}

fn unfit() -> PlatformError {
    PlatformError::Unfit("too deep".to_owned())
}

fn references() -> PlatformError {
    let (user, brand) = (UserId(3), BrandId(1));
    let reference = aftermatch_ports::model::InvalidReference::UserOwnsBrand { user, brand };
    PlatformError::InvalidReferences(vec![reference])
}

impl Answer {
    fn give<T>(self, found: T, nothing: T) -> Result<T, PlatformError> {
        match self {
            Self::New | Self::Old => Ok(found),
            Self::Nothing => Ok(nothing),
            Self::Fails(error) => Err(error()),
        }
    }

    fn is_new(self) -> bool {
        matches!(self, Self::New)
    }
}

fn platform(answer: Answer) -> MockPlatform {
    let mut platform = MockPlatform::new();
    let counts = PutCounts {
        created: usize::from(answer.is_new()),
        changed: 0,
    };
    let put = move |_| answer.give(counts, PutCounts::default());
    platform.expect_put().returning(put);
    platform
        .expect_remove()
        .returning(move |_| answer.give(true, false));
    platform.expect_user().returning(move |id| {
        let user = NewUser {
            id,
            active: true,
            admin: false,
            profile: Profile::new("{}"),
        };
        answer.give(Some(user), None)
    });
    platform.expect_brand().returning(move |id| {
        let brand = NewBrand {
            id,
            owner: UserId(3),
            tariff: None,
            tariff_until: Some(at()),
            profile: Profile::new("{}"),
        };
        answer.give(Some(brand), None)
    });
    let room = |id| NewRoom {
        id,
        participants: vec![BrandId(1)],
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    let found = move |id| answer.give(Some(room(id)), None);
    platform.expect_room().returning(found);
    let rooms = move |_| answer.give(vec![room(RoomId(7))], vec![]);
    platform.expect_rooms().returning(rooms);
    platform.expect_messages().returning(move |_, _, _| {
        let page = HistoryPage {
            messages: vec![message()],
            has_older: false,
            has_newer: false,
            last_seq: Seq(1),
        };
        answer.give(page.clone(), page)
    });
    platform.expect_create().returning(move |_| {
        let posted = Posted {
            message: message(),
            is_new: answer.is_new(),
        };
        answer.give(posted.clone(), posted)
    });
    platform
        .expect_edit()
        .returning(move |_, _, _| answer.give((), ()));
    let delete = move |_, _, _| answer.give(true, false);
    platform.expect_delete().returning(delete);
    platform
}

/// The queue that belongs to it. `Old`: events are switched off.
fn events(answer: Answer) -> Option<Arc<Events>> {
    let mut queue = MockEventQueue::new();
    queue.expect_read().returning(move |_, _| match answer {
        Answer::Fails(error) => match error() {
            PlatformError::Store(error) => Err(error),
            _ => Ok(None),
        },
        Answer::Nothing => Ok(None),
        Answer::New | Answer::Old => Ok(Some(vec![QueuedEvent {
            number: 7,
            id: "msg_1".to_owned(),
            body: r#"{"type":"message.created"}"#.to_owned(),
        }])),
    });
    let is_on = !matches!(answer, Answer::Old);
    is_on.then(|| Arc::new(Events::new(Arc::new(queue))))
}

/// A request as it should be, which a test then spoils.
struct Asked {
    operation: &'static Operation,
    path: String,
    token: &'static str,
    content_type: &'static str,
    body: String,
}

impl Asked {
    fn right(operation: &'static Operation) -> Self {
        let body = match operation.body {
            None => "",
            Some(Body::User) => "{}",
            Some(Body::Brand) => r#"{"user_id": 3}"#,
            Some(Body::Room) => r#"{"participants": [1]}"#,
            Some(Body::Records) => r#"{"users": [{"id": 3}]}"#,
            Some(Body::Message) => r#"{"user_id": 3, "text": "hello"}"#,
            Some(Body::Edit) => r#"{"text": "hello"}"#,
        };
        Self {
            operation,
            path: operation
                .path
                .replace("{id}", "7")
                .replace("{message_id}", "1"),
            token: TOKEN,
            content_type: "application/json",
            body: body.to_owned(),
        }
    }

    async fn answered(self, answer: Answer) -> (u16, Response) {
        let method = Method::from_bytes(self.operation.method.as_bytes()).expect("a method");
        let request = Request::builder()
            .method(method)
            .uri(self.path.parse().expect("a path"))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", self.content_type)
            .body(self.body);
        let tokens = ApiTokens::parse(TOKEN).expect("a token");
        let api = Api::new(Arc::new(platform(answer)), events(answer), tokens);
        let response = api.get_response(request).await;
        (response.status().as_u16(), response)
    }
}

/// Each way in which a request can go wrong or right.
async fn observed(operation: &'static Operation) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::new();
    let right = || Asked::right(operation);
    let failures: [fn() -> PlatformError; 5] = [transient, permanent, unfit, references, taken];
    let mut answers = vec![Answer::New, Answer::Old, Answer::Nothing];
    answers.extend(
        failures
            .into_iter()
            .filter(|failure| meets(operation, *failure))
            .map(Answer::Fails),
    );
    for missing in [no_room, no_user, no_message] {
        if meets(operation, missing) {
            answers.push(Answer::Fails(missing));
        }
    }
    for answer in answers {
        statuses.insert(right().answered(answer).await.0);
    }
    let mut spoiled = vec![
        Asked {
            token: "another-token-of-16-bytes",
            ..right()
        },
        Asked {
            path: right().path + "?unknown=1",
            ..right()
        },
    ];
    if operation.body.is_some() {
        let large = " ".repeat(5 * 1024 * 1024);
        spoiled.extend([
            Asked {
                content_type: "text/plain",
                ..right()
            },
            Asked {
                body: "{".to_owned(),
                ..right()
            },
            Asked {
                body: "[]".to_owned(),
                ..right()
            },
            Asked {
                body: large,
                ..right()
            },
        ]);
    }
    for asked in spoiled {
        let (status, response) = asked.answered(Answer::New).await;
        let body = response.into_body().into_string().await.expect("text");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["response_status"], status, "{body}");
        statuses.insert(status);
    }
    statuses
}

/// Whether the port can answer this operation so.
fn meets(operation: &Operation, failure: fn() -> PlatformError) -> bool {
    use ApiAction::{CreateMessage, EditMessage, ListMessages, RemoveMessage, RemoveUser};
    let action = operation.action;
    match failure() {
        PlatformError::Store(_) => true,
        PlatformError::NoRoom(_) => {
            [CreateMessage, EditMessage, ListMessages, RemoveMessage].contains(&action)
        }
        PlatformError::NoUser(_) => [CreateMessage, RemoveMessage].contains(&action),
        PlatformError::NoMessage { .. } => action == EditMessage,
        PlatformError::Refused(_) => action == CreateMessage,
        PlatformError::Unfit(_) => operation.method == "PUT",
        PlatformError::InvalidReferences(_) => operation.method == "PUT" || action == RemoveUser,
    }
}

#[tokio::test]
async fn documented_statuses_are_those_that_come() {
    for operation in OPERATIONS {
        let name = operation.action.as_str();
        let success = operation.success.iter().map(|(status, _)| *status);
        let refusals = operation.all_refusals().map(ApiCode::status);
        // Another method is another operation, and a slow body is tested over a socket.
        let elsewhere = [
            ApiCode::MethodNotAllowed.status(),
            ApiCode::BodyTimeout.status(),
        ];
        let documented: BTreeSet<_> = success
            .chain(refusals)
            .filter(|status| !elsewhere.contains(status))
            .collect();
        assert_eq!(observed(operation).await, documented, "{name}");
    }
}

#[tokio::test]
async fn failure_of_store_says_when_to_come_back() {
    let away = Asked::right(&OPERATIONS[0])
        .answered(Answer::Fails(transient))
        .await;
    assert_eq!(away.0, 503);
    assert_eq!(away.1.header("retry-after"), Some("1"));
    let (status, failed) = Asked::right(&OPERATIONS[0])
        .answered(Answer::Fails(permanent))
        .await;
    assert_eq!(status, 500);
    let body = failed.into_body().into_string().await.expect("text");
    assert!(
        !body.contains("strange"),
        "the reason is for the log: {body}"
    );
}

#[tokio::test]
async fn malformed_request_for_events_is_refused() {
    let operation = OPERATIONS.iter().find(|each| each.path == "/v1/events");
    let operation = operation.expect("an operation");
    for (query, status, part) in [
        (
            "",
            200,
            r#"{"number":7,"id":"msg_1","type":"message.created"}"#,
        ),
        ("?after=0&limit=1", 200, "events"),
        ("?limit=100", 200, "events"),
        ("?after=", 400, "the parameter `after` is ``"),
        ("?after=-1", 400, "it must be an integer from 0"),
        ("?after=msg_1", 400, "the parameter `after` is `msg_1`"),
        ("?after=9223372036854775808", 400, "to 9223372036854775807"),
        ("?after=1&after=2", 400, "is there twice"),
        ("?limit=0", 400, "it must be an integer from 1 to 100"),
        ("?limit=101", 400, "it must be an integer from 1 to 100"),
        ("?before=1", 400, "it has after, limit"),
    ] {
        let asked = Asked {
            path: format!("{}{query}", operation.path),
            ..Asked::right(operation)
        };
        let (found, response) = asked.answered(Answer::New).await;
        let body = response.into_body().into_string().await.expect("text");
        assert_eq!(found, status, "{query}: {body}");
        assert!(body.contains(part), "{query}: {body}");
    }
    let off = Asked::right(operation).answered(Answer::Old).await.1;
    let body = off.into_body().into_string().await.expect("text");
    assert!(body.contains("set CHAT_API_EVENTS=on"), "{body}");
}

#[tokio::test]
async fn requests_over_the_bound_wait_and_are_refused() {
    tokio::time::pause();
    let gate = Gate::default();
    let mut permits = Vec::new();
    while permits.len() < 8 {
        permits.push(gate.enter().await.expect("a permit"));
    }
    let refused = gate.enter().await.expect_err("no permit");
    assert_eq!(refused.code, ApiCode::Unavailable);
    permits.pop();
    assert!(gate.enter().await.is_ok());
}
