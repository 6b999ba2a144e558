/// Why a request was refused. Adapters turn it into a status and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The token is not a valid access token of this platform.
    TokenInvalid,
    /// The token has expired.
    TokenExpired,
    /// A token that was sent to replace the one of the connection is not valid, or has
    /// expired.
    RenewalRefused {
        /// Whether it has expired.
        expired: bool,
    },
    /// A token that was sent to replace the one of the connection is of another user.
    UserMismatch,
    /// The token names a user who does not exist.
    UserUnknown,
    /// The user is deactivated.
    UserDeactivated,
    /// The chat endpoint needs a brand, and the user owns none.
    BrandRequired,
    /// The admin endpoint needs an administrator.
    AdminRequired,
    /// The action needs a joined room.
    NotInRoom,
    /// The brand is not in the room, or there is no such room.
    RoomForbidden,
    /// There is no such room. Only administrators learn that.
    RoomNotFound,
    /// The room is closed for writing. Brands of both sides and administrators get the
    /// same refusal: it does not show who is the reason.
    RoomFrozen,
    /// Administrators never write in this room.
    AdminsCannotWrite,
    /// An administrator writes only where a participant has the business tariff.
    BusinessRequired,
    /// No such message, not the user's own, or of another room: one and the same
    /// refusal.
    MessageNotFound,
    /// The joined room never had such a message.
    MessageUnknown,
    /// The reason of a deletion is empty or only white space.
    ReasonBlank,
    /// The reason of a deletion has more characters than allowed.
    ReasonTooLong {
        /// How many it has.
        length: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The reason of a deletion contains U+0000.
    ReasonHasNul,
    /// The request names more messages than allowed.
    TooManyIds {
        /// How many it names.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The text is empty or only white space.
    TextBlank,
    /// The text has more characters than allowed.
    TextTooLong {
        /// How many it has.
        length: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The text contains U+0000.
    TextHasNul,
    /// This service takes no attachments.
    AttachmentsUnknown,
    /// The message has more attachments than allowed.
    TooManyAttachments {
        /// How many it has.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// An attachment is not as it should be.
    AttachmentInvalid {
        /// Which one, counted from 0.
        index: usize,
        /// What is wrong.
        fault: AttachmentFault,
    },
    /// The text to search for has no word.
    NoSearchWord,
    /// The `client_msg_id` is not 1 to 64 characters of `A-Za-z0-9._:-`.
    ClientMsgIdMalformed,
    /// The author used this `client_msg_id` in this room for another text, or for a
    /// message that has since been deleted.
    ClientMsgIdTaken,
}

/// What is wrong with an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentFault {
    /// Its id is empty, or has more characters than allowed.
    IdLength {
        /// How many it has.
        length: usize,
        /// How many are allowed.
        max: usize,
    },
    /// It has more bytes than allowed.
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many are allowed.
        max: usize,
    },
    /// An attachment before it has the same id.
    Repeated,
    /// The platform has not signed this id for this user.
    SignatureInvalid,
}
