//! The error codes: stable words for programs.

/// Makes the type of the table: the status, the word, what it means, and what a
/// client is to do.
macro_rules! error_codes {
    ($($code:ident = $status:literal, $word:literal, $meaning:literal, $advice:literal;)*) => {
        /// The stable word for programs: `error_code` of a response.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $code,)*
        }

        impl ErrorCode {
            const ALL: &[Self] = &[$(Self::$code),*];

            /// The `response_status` that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// When a client receives it.
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning,)* }
            }

            /// What the client should do then.
            pub(crate) const fn advice(self) -> &'static str {
                match self { $(Self::$code => $advice,)* }
            }
        }
    };
}

error_codes! {
    NotJson = 400, "not_json",
        "a text frame that is not JSON, invalid UTF-8 included",
        "fix the client";
    NotAnObject = 400, "not_an_object",
        "JSON, but not an object",
        "fix the client";
    BinaryFrame = 400, "binary_frame",
        "a binary frame",
        "send text frames";
    InvalidAction = 400, "invalid_action",
        "`action` is missing or not a string",
        "fix the client";
    InvalidRequestId = 400, "invalid_request_id",
        "`request_id` is missing, `null`, or neither an integer nor a string that is short enough; the response has `null` in its place",
        "fix the client";
    RenewalRefused = 400, "invalid_token",
        "the new token is not a valid access token, or has expired; the old one stays",
        "refresh the token and renew again";
    UserMismatch = 403, "user_mismatch",
        "the new token is of another user; the old one stays",
        "open another connection for the other user";
    UnknownAction = 405, "unknown_action",
        "this endpoint has no such action",
        "check the name and the endpoint";
    InvalidParameter = 400, "invalid_parameter",
        "a parameter is missing or has the wrong type; the sentence names it",
        "fix the client";
    NotInRoom = 400, "not_in_room",
        "the action needs a joined room",
        "join one";
    TooManyIds = 400, "too_many_ids",
        "too many messages in one deletion",
        "send several smaller ones";
    TextBlank = 400, "text_blank",
        "the text is only (Unicode) white space; in a search, it has no letter or digit",
        "ask the user for a text";
    TextTooLong = 400, "text_too_long",
        "the text has more characters than allowed; the sentence names the limit",
        "ask the user for a shorter text";
    TextHasNul = 400, "text_has_nul",
        "U+0000 in the text",
        "remove it";
    InvalidClientMsgId = 400, "invalid_client_msg_id",
        "`client_msg_id` is empty, too long, or has other characters",
        "fix the client";
    ClientMsgIdTaken = 409, "client_msg_id_taken",
        "the user has used this `client_msg_id` in this room for another text, for other attachments, or for a message that was deleted since",
        "give a new message a new id";
    InvalidAttachment = 400, "invalid_attachment",
        "the service takes no attachments, there are too many, or one of them is not as it should be; the sentence names it",
        "fix the client, or ask the platform to sign the file for this user";
    InvalidToken = 401, "invalid_token",
        "the access token is not valid",
        "get another one";
    UserDeactivated = 401, "user_deactivated",
        "the user may no longer use the platform; the service then closes the connection with 4401",
        "stop; do not reconnect";
    RoomForbidden = 403, "room_forbidden",
        "the brand takes no part in this room, or there is no such room",
        "request `list` again";
    BusinessRequired = 403, "business_required",
        "an administrator can write only if a participant has the business tariff, unless the `pen` of the room is `always`",
        "show the room as read-only until `has_business` is true";
    AdminsCannotWrite = 403, "admins_cannot_write",
        "administrators cannot write in this room: its `pen` is `never`",
        "show the room as read-only until its `pen` is another one";
    RoomFrozen = 403, "room_frozen",
        "the room is closed for writing, for brands and administrators alike",
        "show the room as read-only until it has no `frozen` any more";
    BrandRequired = 403, "brand_required",
        "the user no longer owns a brand; the service then closes the connection with 4403",
        "stop; do not reconnect";
    AdminRequired = 403, "admin_required",
        "the user is no longer an administrator; the service then closes the connection with 4403",
        "stop; do not reconnect";
    RoomNotFound = 404, "room_not_found",
        "there is no such room; only administrators get this",
        "request `list` again";
    MessageNotFound = 404, "message_not_found",
        "edit: the message does not exist, is not the user's own, or is in another room; delete: none of the messages was deleted; history of a message: it never was in this room",
        "treat it as deleted, or as not yours";
    TooManyRequests = 429, "too_many_requests",
        "this connection sends requests faster than the service allows; nothing was done",
        "wait `retry_after_ms` milliseconds, then send it again";
    Internal = 500, "internal",
        "the service failed, and trying again will hardly help",
        "tell the user and the operators";
    Unavailable = 503, "unavailable",
        "the service cannot do it right now",
        "try again, after a pause that grows";
}

impl ErrorCode {
    /// Every code that a frame can carry. The token is refused during the
    /// handshake, before there are frames.
    pub(crate) fn in_frames() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|code| *code != Self::InvalidToken)
    }
}
