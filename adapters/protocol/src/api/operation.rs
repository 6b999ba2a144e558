//! What the platform can request, one row for each method of each path. The service routes by
//! this table, and the published document is written from it.

use super::ApiCode;

/// A method of a path.
#[derive(Debug)]
pub struct Operation {
    /// `GET`, `PUT`, …
    pub method: &'static str,
    /// The path, with `{id}` or `{message_id}` where a number is.
    pub path: &'static str,
    /// What it does.
    pub action: ApiAction,
    pub(crate) summary: &'static str,
    pub(crate) details: &'static str,
    /// What the body of the request is.
    pub body: Option<Body>,
    /// Which parameters may be behind the `?`.
    pub query: &'static [&'static str],
    /// The statuses of success, each with what it means.
    pub success: &'static [(u16, &'static str)],
    /// How it can be refused, beside what every request can meet ([`Operation::EVERY`]).
    pub refusals: &'static [ApiCode],
}

/// What the platform can request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of the operations describes them")]
pub enum ApiAction {
    GetUser,
    PutUser,
    RemoveUser,
    GetBrand,
    PutBrand,
    RemoveBrand,
    ListRooms,
    GetRoom,
    PutRoom,
    RemoveRoom,
    PutRecords,
    ListMessages,
    CreateMessage,
    EditMessage,
    RemoveMessage,
    ListEvents,
}

impl ApiAction {
    /// Its name for programs that are generated, and for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GetUser => "get_user",
            Self::PutUser => "put_user",
            Self::RemoveUser => "remove_user",
            Self::GetBrand => "get_brand",
            Self::PutBrand => "put_brand",
            Self::RemoveBrand => "remove_brand",
            Self::ListRooms => "list_rooms",
            Self::GetRoom => "get_room",
            Self::PutRoom => "put_room",
            Self::RemoveRoom => "remove_room",
            Self::PutRecords => "put_records",
            Self::ListMessages => "list_messages",
            Self::CreateMessage => "create_message",
            Self::EditMessage => "edit_message",
            Self::RemoveMessage => "remove_message",
            Self::ListEvents => "list_events",
        }
    }
}

/// What a body can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A user.
    User,
    /// A brand.
    Brand,
    /// A room.
    Room,
    /// Lists of users, brands and rooms.
    Records,
    /// A message to create.
    Message,
    /// The new text of a message.
    Edit,
}

impl Operation {
    /// How every request can be refused.
    pub const EVERY: &'static [ApiCode] = &[
        ApiCode::InvalidParameter,
        ApiCode::InvalidToken,
        ApiCode::MethodNotAllowed,
        ApiCode::Internal,
        ApiCode::Unavailable,
    ];

    /// How every request with a body can be refused.
    pub const WITH_BODY: &'static [ApiCode] = &[
        ApiCode::NotJson,
        ApiCode::BodyTimeout,
        ApiCode::TooLarge,
        ApiCode::UnsupportedMediaType,
        ApiCode::InvalidBody,
    ];

    /// All that it can be refused with.
    pub fn all_refusals(&self) -> impl Iterator<Item = ApiCode> {
        let with_body = match self.body {
            Some(_) => Self::WITH_BODY,
            None => &[],
        };
        let all = Self::EVERY.iter().chain(with_body).chain(self.refusals);
        all.copied()
    }
}

const PUT: &[(u16, &str)] = &[
    (200, "It was there already: as it is now."),
    (201, "It was added."),
];
const GONE: &[(u16, &str)] = &[(204, "There is none any more, or never was.")];

const fn get(path: &'static str, action: ApiAction, summary: &'static str) -> Operation {
    Operation {
        method: "GET",
        path,
        action,
        summary,
        details: "",
        body: None,
        query: &[],
        success: &[(200, "As it is now.")],
        refusals: &[ApiCode::NotFound],
    }
}

const fn put(path: &'static str, action: ApiAction, body: Body) -> Operation {
    Operation {
        method: "PUT",
        path,
        action,
        summary: "Add or replace it",
        details: "What is left out has its default. The same again changes nothing, and nobody \
            notices.",
        body: Some(body),
        query: &[],
        success: PUT,
        refusals: &[ApiCode::InvalidReference],
    }
}

const fn delete(path: &'static str, action: ApiAction, details: &'static str) -> Operation {
    Operation {
        method: "DELETE",
        path,
        action,
        summary: "Remove it",
        details,
        body: None,
        query: &[],
        success: GONE,
        refusals: &[],
    }
}

/// All of them.
pub const OPERATIONS: &[Operation] = &[
    get("/v1/users/{id}", ApiAction::GetUser, "A user"),
    put("/v1/users/{id}", ApiAction::PutUser, Body::User),
    Operation {
        refusals: &[ApiCode::InvalidReference],
        ..delete(
            "/v1/users/{id}",
            ApiAction::RemoveUser,
            "Connections of the user are closed with 4401. A user who owns a brand or has written \
             messages cannot be removed: set `active` to false.",
        )
    },
    get("/v1/brands/{id}", ApiAction::GetBrand, "A brand"),
    put("/v1/brands/{id}", ApiAction::PutBrand, Body::Brand),
    delete(
        "/v1/brands/{id}",
        ApiAction::RemoveBrand,
        "The brand leaves its rooms, and its owner has none any more: connections to `/ws/chat/` \
         are closed with 4403.",
    ),
    Operation {
        query: &["after", "limit"],
        success: &[(200, "A page of them.")],
        refusals: &[],
        ..get("/v1/rooms", ApiAction::ListRooms, "All rooms, by id")
    },
    get("/v1/rooms/{id}", ApiAction::GetRoom, "A room"),
    put("/v1/rooms/{id}", ApiAction::PutRoom, Body::Room),
    delete(
        "/v1/rooms/{id}",
        ApiAction::RemoveRoom,
        "Its messages are removed with it, for good. Members receive `room_closed`.",
    ),
    Operation {
        method: "PUT",
        path: "/v1/records",
        action: ApiAction::PutRecords,
        summary: "Add or replace many users, brands and rooms",
        details: "All of them, or none, in one transaction. Lists as in a world file, and records \
            may refer to each other. What is not in the lists stays as it is.",
        body: Some(Body::Records),
        query: &[],
        success: &[(200, "All of them are there.")],
        refusals: &[ApiCode::InvalidReference],
    },
    Operation {
        query: &["before_seq", "limit"],
        success: &[(200, "A page of them, oldest first.")],
        ..get(
            "/v1/rooms/{id}/messages",
            ApiAction::ListMessages,
            "The messages of a room, from the newest on",
        )
    },
    Operation {
        method: "POST",
        path: "/v1/rooms/{id}/messages",
        action: ApiAction::CreateMessage,
        summary: "Create a message",
        details: "The platform decides who writes: no rule about members, tariffs or frozen rooms \
            applies. Everybody who has joined the room receives `create_message`. With a \
            `client_msg_id`, the same request again creates no second message.",
        body: Some(Body::Message),
        query: &[],
        success: &[
            (200, "It was created by an earlier request: as it is now."),
            (201, "It was created."),
        ],
        refusals: &[
            ApiCode::NotFound,
            ApiCode::InvalidReference,
            ApiCode::ClientMsgIdTaken,
        ],
    },
    Operation {
        method: "PATCH",
        path: "/v1/rooms/{id}/messages/{message_id}",
        action: ApiAction::EditMessage,
        summary: "Replace the text of a message",
        details: "It counts as an edit by the message's author. Everybody who has joined the room \
            receives `edit_message`, unless the message has this text already.",
        body: Some(Body::Edit),
        query: &[],
        success: &[(204, "The message has this text.")],
        refusals: &[ApiCode::NotFound],
    },
    Operation {
        query: &["by", "reason"],
        refusals: &[ApiCode::NotFound, ApiCode::InvalidReference],
        ..delete(
            "/v1/rooms/{id}/messages/{message_id}",
            ApiAction::RemoveMessage,
            "Everybody who has joined the room receives `delete_messages`.",
        )
    },
    Operation {
        details: "In place of a webhook, with `CHAT_API_EVENTS=on`. Each event comes again until \
            `after` says that it was dealt with; the order is that of `seq` in each room. One that \
            nobody asks for is lost after seven days.",
        query: &["after", "limit"],
        success: &[(
            200,
            "Those that have waited longest. The list is empty if none wait.",
        )],
        refusals: &[ApiCode::NotFound, ApiCode::UnknownEvent],
        ..get(
            "/v1/events",
            ApiAction::ListEvents,
            "New messages for users who are not connected",
        )
    },
];
