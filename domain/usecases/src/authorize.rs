//! The checks that most use cases begin with. The rules themselves are in the
//! model (`access`).

use std::sync::Arc;

use aftermatch_ports::{
    ChatError, Read,
    model::{Refusal, Room, RoomId, Session, User, Viewer, access},
};

use crate::Ports;

/// The session's user, and the role in which it may act now. A user that no longer
/// exists counts as deactivated.
pub(crate) async fn viewer(
    ports: &Ports,
    session: &Session,
    read: Read,
) -> Result<(Arc<User>, Viewer), ChatError> {
    let user = ports.people.user(session.user, read).await?;
    let user = user.ok_or(Refusal::UserDeactivated)?;
    let viewer = access::authorize(&user, session.endpoint)?;
    Ok((user, viewer))
}

/// The room, if `viewer` may see it.
pub(crate) async fn visible_room(
    ports: &Ports,
    viewer: Viewer,
    room: RoomId,
    read: Read,
) -> Result<Arc<Room>, ChatError> {
    let room = ports.rooms.room(room, read).await?;
    Ok(access::can_view(viewer, room)?)
}

/// The room that the session has joined, if it may still see it.
pub(crate) async fn joined_room(ports: &Ports, session: &Session) -> Result<Arc<Room>, ChatError> {
    let room = ports.seats.room_of(session.id).ok_or(Refusal::NotInRoom)?;
    let (_, viewer) = viewer(ports, session, Read::Fresh).await?;
    visible_room(ports, viewer, room, Read::Fresh).await
}

/// The room that the session has joined, if it may read there what was replaced and
/// deleted.
pub(crate) async fn audited_room(ports: &Ports, session: &Session) -> Result<Arc<Room>, ChatError> {
    let room = ports.seats.room_of(session.id).ok_or(Refusal::NotInRoom)?;
    let (_, viewer) = viewer(ports, session, Read::Fresh).await?;
    access::can_audit(viewer)?;
    visible_room(ports, viewer, room, Read::Fresh).await
}
