//! The words for what can be asked.

use aftermatch_ports::model::Endpoint;

/// What an action is called: the one list of them, from which requests are read,
/// and which clients are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    List,
    JoinRoom,
    LeaveRoom,
    CreateMessage,
    EditMessage,
    DeleteMessages,
    GetRoomMessages,
    CurrentRoomInfo,
    MarkRead,
}

impl Name {
    pub(crate) const ALL: [Self; 9] = [
        Self::List,
        Self::JoinRoom,
        Self::LeaveRoom,
        Self::CreateMessage,
        Self::EditMessage,
        Self::DeleteMessages,
        Self::GetRoomMessages,
        Self::CurrentRoomInfo,
        Self::MarkRead,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::JoinRoom => "join_room",
            Self::LeaveRoom => "leave_room",
            Self::CreateMessage => "create_message",
            Self::EditMessage => "edit_message",
            Self::DeleteMessages => "delete_messages",
            Self::GetRoomMessages => "get_room_messages",
            Self::CurrentRoomInfo => "current_room_info",
            Self::MarkRead => "mark_read",
        }
    }

    /// Whether `endpoint` knows the action.
    pub(crate) fn is_known_at(self, endpoint: Endpoint) -> bool {
        let for_brands_alone = matches!(self, Self::CurrentRoomInfo | Self::MarkRead);
        endpoint == Endpoint::Chat || !for_brands_alone
    }

    /// The actions that `endpoint` knows.
    pub(crate) fn known_at(endpoint: Endpoint) -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.filter(move |name| name.is_known_at(endpoint))
    }

    /// What `word` asks for at `endpoint`.
    pub(crate) fn read(word: &str, endpoint: Endpoint) -> Option<Self> {
        Self::known_at(endpoint).find(|name| name.as_str() == word)
    }
}
