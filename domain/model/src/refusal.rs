/// Why something was not done: the verdicts of the rules. The outer world puts
/// them into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The token is not one of ours, or not whole, or not an access token.
    TokenInvalid,
    /// The token was good once.
    TokenExpired,
    /// The token names a user who does not exist.
    UserUnknown,
    /// The user may not use the platform any more.
    UserDeactivated,
    /// The brands' endpoint, and the user owns no brand.
    BrandRequired,
    /// The administrators' endpoint, and the user is none.
    AdminRequired,
    /// The action needs a joined room.
    NotInRoom,
    /// The brand takes no part in the room, or there is no such room.
    RoomForbidden,
    /// There is no such room. Told to administrators alone.
    RoomNotFound,
    /// An administrator writes only where a participant has the business tariff.
    BusinessRequired,
    /// Not there, not one's own, or of another room: not to be told apart.
    MessageNotFound,
    /// More messages were named than one request may name.
    TooManyIds {
        /// How many were named.
        count: usize,
        /// How many may be.
        max: usize,
    },
    /// Nothing but white space.
    TextBlank,
    /// More characters than are allowed.
    TextTooLong {
        /// How many there are.
        length: usize,
        /// How many may be.
        max: usize,
    },
    /// U+0000 in a text.
    TextHasNul,
    /// Not 1 to 64 characters of `A-Za-z0-9._:-`.
    ClientMsgIdMalformed,
    /// The author gave this name to another text in this room, or to a message
    /// that has since been deleted.
    ClientMsgIdTaken,
}
