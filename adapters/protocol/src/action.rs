//! The actions that a client can request: what each does, its name, who may use
//! it, and how it can be refused.

use aftermatch_ports::model::Endpoint;

use crate::error::ErrorCode;

/// A row of the table below.
struct Row {
    name: &'static str,
    /// The lines of the documentation: the first is the summary, the others are the
    /// details.
    doc: &'static [&'static str],
    endpoints: &'static [Endpoint],
    refusals: &'static [ErrorCode],
}

const EVERYONE: &[Endpoint] = &[Endpoint::Chat, Endpoint::AdminChat];
const BRANDS: &[Endpoint] = &[Endpoint::Chat];
const ADMINS: &[Endpoint] = &[Endpoint::AdminChat];

/// Makes the type of the table. A row's documentation is published, too.
macro_rules! actions {
    ($($(#[doc = $doc:literal])* $action:ident, $name:literal, $endpoints:ident, [$($code:ident),*];)*) => {
        /// What a client can request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[doc = $doc])* $action,)*
        }

        impl Action {
            /// All actions, in the order in which clients are shown them.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$action => Row {
                        name: $name,
                        doc: &[$($doc),*],
                        endpoints: $endpoints,
                        refusals: &[$(ErrorCode::$code),*],
                    },)*
                }
            }
        }
    };
}

actions! {
    /// Returns the rooms in reach, by `pk`.
    ///
    /// For a brand these are the rooms in which it takes part, for an administrator
    /// all. With `limit` or `after_pk` the response is one page of them.
    List, "list", EVERYONE, [];

    /// Begins or ends to receive more than the events of the joined room.
    ///
    /// Each parameter is one kind of news; one that is left out stays as it is. Without this
    /// action a connection receives none of them. It lasts as long as the connection. The
    /// response repeats what is in force, and has the limits of the service.
    Follow, "follow", EVERYONE, [RoomNotFound];

    /// Replaces the access token of the connection.
    ///
    /// The new one must be of the same user. If it is refused, the old one stays. Where
    /// operators close connections whose token has ended, this keeps a connection open that
    /// has renewed or followed.
    Renew, "renew", EVERYONE, [RenewalRefused, UserMismatch];

    /// Joins a room: after the response the connection receives the events of the room.
    ///
    /// A connection is in one room at a time; joining another room leaves the
    /// first. After a refused join the connection is still in the room where it was
    /// before.
    JoinRoom, "join_room", EVERYONE, [RoomForbidden, RoomNotFound];

    /// Leaves the joined room.
    ///
    /// This is always allowed, whatever rights the user has lost.
    LeaveRoom, "leave_room", EVERYONE, [NotInRoom];

    /// Creates a message in the joined room.
    ///
    /// Everyone joined receives it. The text is stored and sent exactly as it
    /// came. With a `client_msg_id` the request can be sent again at any time: for
    /// one author in one room, it stands for one message, permanently. A message with
    /// attachments needs no text.
    CreateMessage, "create_message", EVERYONE, [
        NotInRoom, TextBlank, TextTooLong, TextHasNul, InvalidAttachment, InvalidClientMsgId,
        ClientMsgIdTaken, RoomForbidden, RoomFrozen, BusinessRequired, AdminsCannotWrite, RoomNotFound
    ];

    /// Replaces the text of one of the user's own messages in the joined room.
    ///
    /// Everyone joined receives the new text. The message keeps its place in the
    /// history, and its attachments.
    EditMessage, "edit_message", EVERYONE, [
        NotInRoom, TextBlank, TextTooLong, TextHasNul, RoomForbidden, RoomFrozen,
        BusinessRequired, AdminsCannotWrite, RoomNotFound, MessageNotFound
    ];

    /// Deletes messages of the joined room.
    ///
    /// Brands can delete their own messages, administrators those of any author.
    /// Everyone joined receives the ids of the messages that were really deleted. The
    /// `reason` of an administrator is only in `get_message_history` and `get_audit`.
    DeleteMessages, "delete_messages", EVERYONE, [
        NotInRoom, TooManyIds, RoomForbidden, RoomFrozen, BusinessRequired, AdminsCannotWrite,
        RoomNotFound, MessageNotFound
    ];

    /// Returns messages of the joined room.
    ///
    /// Only one of `before_seq`, `after_seq` and `page` can be given, and `page` cannot
    /// have a `limit`. Without any of them the response has the newest messages.
    /// Reading by `seq` is stable while others write; pages move.
    GetRoomMessages, "get_room_messages", EVERYONE, [NotInRoom, RoomForbidden, RoomNotFound];

    /// Returns messages of the joined room that have certain words.
    ///
    /// A word is letters and digits that follow each other. Case makes no difference, and
    /// a message must have all of the words. The newest messages come first.
    SearchMessages, "search_messages", EVERYONE, [
        NotInRoom, TextBlank, RoomForbidden, RoomNotFound
    ];

    /// Returns the versions of a message of the joined room, deleted or not.
    ///
    /// Without `before_seq` the response has the newest versions. It can have fewer than
    /// `limit` if the texts are long.
    GetMessageHistory, "get_message_history", ADMINS, [NotInRoom, RoomNotFound, MessageNotFound];

    /// Returns the edits and deletions of the joined room, with the texts that they took away.
    ///
    /// The newest come first. The response can have fewer than `limit` if they took much away.
    GetAudit, "get_audit", ADMINS, [NotInRoom, RoomNotFound];

    /// Returns the joined room as it is now.
    CurrentRoomInfo, "current_room_info", BRANDS, [NotInRoom, RoomForbidden];

    /// Says that the user is typing in the joined room.
    ///
    /// Those in the room who follow `typing` receive it. Send it again every few seconds
    /// while the user goes on: after six seconds it is over, and with the message itself.
    Typing, "typing", EVERYONE, [
        NotInRoom, RoomForbidden, RoomFrozen, BusinessRequired, AdminsCannotWrite, RoomNotFound
    ];

    /// Stores the user's read position in the joined room.
    ///
    /// The read position is the number of the last event that the user has read.
    /// `unread` in `list` depends on it. It never moves back, and never after the
    /// room's last event. Those who follow `read_positions` receive it, unless it is
    /// `private`.
    MarkRead, "mark_read", BRANDS, [NotInRoom, RoomForbidden];
}

impl Action {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// What it does, in one sentence.
    pub(crate) fn summary(self) -> &'static str {
        self.row().doc.first().map_or("", |line| line.trim())
    }

    /// The rest of its documentation, in one line.
    pub(crate) fn details(self) -> String {
        let lines = self.row().doc.iter().skip(1).map(|line| line.trim());
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        lines.join(" ")
    }

    /// Whether `endpoint` has the action.
    #[must_use]
    pub fn is_known_at(self, endpoint: Endpoint) -> bool {
        self.row().endpoints.contains(&endpoint)
    }

    /// The actions of `endpoint`.
    pub fn known_at(endpoint: Endpoint) -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(move |action| action.is_known_at(endpoint))
    }

    /// The action called `name` at `endpoint`.
    #[must_use]
    pub fn find(name: &str, endpoint: Endpoint) -> Option<Self> {
        Self::known_at(endpoint).find(|action| action.as_str() == name)
    }

    /// Every code that can refuse the action, except for an invalid parameter and
    /// too many requests.
    pub(crate) fn refusals(self) -> Vec<ErrorCode> {
        let mut codes = self.row().refusals.to_vec();
        // These read no store.
        if !matches!(self, Self::LeaveRoom | Self::Renew) {
            codes.push(ErrorCode::UserDeactivated);
            if self.is_known_at(Endpoint::Chat) {
                codes.push(ErrorCode::BrandRequired);
            }
            if self.is_known_at(Endpoint::AdminChat) {
                codes.push(ErrorCode::AdminRequired);
            }
            codes.push(ErrorCode::Unavailable);
        }
        codes.push(ErrorCode::Internal);
        codes
    }
}
