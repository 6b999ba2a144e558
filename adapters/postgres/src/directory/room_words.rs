use aftermatch_ports::model::{Pen, RoomKind};

/// Reads the column `rooms.kind`. An invalid word counts as the default: nothing depends
/// on it here.
pub(crate) fn kind(room: i64, word: &str) -> RoomKind {
    RoomKind::new(word).unwrap_or_else(|| {
        tracing::error!(room, kind = word, "a room has an invalid kind");
        RoomKind::default()
    })
}

/// Reads the column `rooms.pen`. A pen that this program does not know, of a newer one for
/// example, gives administrators no right to write.
pub(crate) fn pen(room: i64, word: &str) -> Pen {
    Pen::new(word).unwrap_or_else(|| {
        tracing::error!(room, pen = word, "a room has an unknown pen");
        Pen::Never
    })
}
