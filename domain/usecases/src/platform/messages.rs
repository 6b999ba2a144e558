use aftermatch_ports::{
    CreateOne, CreateOutcome, Draft, HistoryPage, HistoryRange, Moderator, Outcome, PlatformError,
    Post, Posted, Read,
    model::{
        Author, EventKind, Message, MessageId, MessageVersion, Refusal, RequestId, RoomId, Text,
        VersionKind, access::DeleteScope,
    },
};

use super::attempt::Attempts;
use crate::Ports;

pub(super) async fn history(
    ports: &Ports,
    room: RoomId,
    range: HistoryRange,
    limit: usize,
) -> Result<HistoryPage, PlatformError> {
    find_room(ports, room).await?;
    Ok(ports.history.history(room, range, limit).await?)
}

pub(super) async fn create(ports: &Ports, post: Post) -> Result<Posted, PlatformError> {
    let draft = Draft {
        attachments: None,
        text: Text::new(&post.text, ports.max_text_chars)?,
        client_msg_id: post.client_msg_id,
        request_id: RequestId::NONE,
    };
    let mut attempts = Attempts::new(ports, post.room, post.author);
    loop {
        let target = attempts.next().await?;
        let write = ports
            .messages
            .create_one(target.precondition(), draft.clone());
        let created = match write.await? {
            Outcome::Conflict => continue,
            Outcome::Committed(CreateOutcome::Created(created)) => created,
            Outcome::Committed(CreateOutcome::IdConflict) => {
                return Err(Refusal::ClientMsgIdTaken.into());
            }
            Outcome::Committed(CreateOutcome::Duplicate(message)) => {
                return Ok(Posted {
                    message: *message,
                    is_new: false,
                });
            }
        };
        let message = Message {
            id: created.id,
            room: post.room,
            author: Author {
                id: post.author,
                profile: target.user.profile.clone(),
            },
            text: draft.text,
            attachments: None,
            created_at: created.commit.at,
            edited_at: None,
            client_msg_id: draft.client_msg_id,
            seq: created.commit.seq,
            changed_seq: created.commit.seq,
        };
        let kind = EventKind::Created(message.clone());
        target.publish(ports, created.commit, kind).await;
        return Ok(Posted {
            message,
            is_new: true,
        });
    }
}

pub(super) async fn edit(
    ports: &Ports,
    room: RoomId,
    id: MessageId,
    text: &str,
) -> Result<(), PlatformError> {
    let text = Text::new(text, ports.max_text_chars)?;
    let no_message = || PlatformError::NoMessage { room, id };
    let present = present(ports, room, id).await?.ok_or_else(no_message)?;
    if present.text() == Some(&text) {
        return Ok(());
    }
    let mut attempts = Attempts::new(ports, room, present.by.id);
    loop {
        let target = attempts.next().await?;
        let precondition = target.precondition();
        let write = ports
            .messages
            .edit(precondition, id, text.clone(), RequestId::NONE);
        let Outcome::Committed(edited) = write.await? else {
            continue;
        };
        let commit = edited.ok_or_else(no_message)?;
        let kind = EventKind::Edited { id, text };
        target.publish(ports, commit, kind).await;
        return Ok(());
    }
}

pub(super) async fn delete(
    ports: &Ports,
    room: RoomId,
    id: MessageId,
    by: Option<Moderator>,
) -> Result<bool, PlatformError> {
    let (user, reason) = match by {
        Some(Moderator { user, reason }) => (user, reason),
        None => match present(ports, room, id).await? {
            Some(present) => (present.by.id, None),
            None => return Ok(false),
        },
    };
    let mut attempts = Attempts::new(ports, room, user);
    loop {
        let target = attempts.next().await?;
        let (precondition, reason) = (target.precondition(), reason.clone());
        let write = ports.messages.delete(
            precondition,
            vec![id],
            DeleteScope::Any,
            reason,
            RequestId::NONE,
        );
        let deleted = match write.await? {
            Outcome::Conflict => continue,
            Outcome::Committed(None) => return Ok(false),
            Outcome::Committed(Some(deleted)) => deleted,
        };
        let kind = EventKind::Deleted {
            ids: deleted.ids,
            missing: Vec::new(),
        };
        target.publish(ports, deleted.commit, kind).await;
        return Ok(true);
    }
}

/// The message as its last event left it. `None`: it was deleted, or never was.
async fn present(
    ports: &Ports,
    room: RoomId,
    id: MessageId,
) -> Result<Option<MessageVersion>, PlatformError> {
    let page = ports.log.versions(room, id, None, 1).await?;
    let last = page.and_then(|mut page| page.versions.pop());
    if last.is_none() {
        find_room(ports, room).await?;
    }
    Ok(last.filter(|last| !matches!(last.kind, VersionKind::Deleted(_))))
}

async fn find_room(ports: &Ports, room: RoomId) -> Result<(), PlatformError> {
    let found = ports.rooms.room(room, Read::Fresh).await?;
    found.map(drop).ok_or(PlatformError::NoRoom(room))
}
