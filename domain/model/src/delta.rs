use crate::{EventKind, Message, MessageId, Seq};

/// The difference between a room at event `since` and now, or a piece of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomDelta {
    /// The messages that exist now and were created or edited since.
    pub upserted: Vec<Message>,
    /// The messages that existed then and were deleted since, each with the number
    /// of the deleting event.
    pub deleted: Vec<(MessageId, Seq)>,
    /// The number of the event that the next piece begins with: the messages of that
    /// event and of later ones are not in [`RoomDelta::upserted`]. `None`: all are.
    pub next: Option<Seq>,
}

impl RoomDelta {
    /// The events that turn the room of event `since` into the room of now, by
    /// number: a creation for each new message, with its present text, an edit for
    /// each older one, and one deletion for all that were deleted.
    ///
    /// The merged deletion carries the lowest of its event numbers, so a client
    /// that disconnects halfway and resumes gets it again rather than missing it.
    #[must_use]
    pub fn events(self, since: Seq) -> Vec<(Seq, EventKind)> {
        let mut events: Vec<_> = self
            .upserted
            .into_iter()
            .map(|message| {
                if message.seq > since {
                    return (message.seq, EventKind::Created(message));
                }
                let Message { id, text, .. } = message;
                (message.changed_seq, EventKind::Edited { id, text })
            })
            .collect();
        if let Some(first) = self.deleted.iter().map(|(_, seq)| *seq).min() {
            let ids = self.deleted.into_iter().map(|(id, _)| id).collect();
            let missing = Vec::new();
            events.push((first, EventKind::Deleted { ids, missing }));
        }
        events.sort_by_key(|(seq, _)| *seq);
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Author, Profile, RoomId, Text, UserId};

    fn message(id: i64, seq: i64, changed_seq: i64) -> Message {
        Message {
            id: MessageId(id),
            room: RoomId(1),
            author: Author {
                id: UserId(3),
                profile: Profile::new("{}"),
            },
            text: Text::stored("text"),
            attachments: None,
            created_at: time::OffsetDateTime::UNIX_EPOCH.into(),
            edited_at: None,
            client_msg_id: None,
            seq: Seq(seq),
            changed_seq: Seq(changed_seq),
        }
    }

    #[test]
    fn delta_becomes_events_in_order() {
        let (new, old) = (message(7, 12, 15), message(2, 4, 14));
        let delta = RoomDelta {
            upserted: vec![old.clone(), new.clone()],
            deleted: vec![(MessageId(1), Seq(13)), (MessageId(3), Seq(11))],
            next: None,
        };
        let deleted = |ids: &[i64]| EventKind::Deleted {
            ids: ids.iter().copied().map(MessageId).collect(),
            missing: vec![],
        };
        let edited = EventKind::Edited {
            id: old.id,
            text: old.text,
        };
        let expected = [
            (Seq(11), deleted(&[1, 3])),
            (Seq(12), EventKind::Created(new)),
            (Seq(14), edited),
        ];
        assert_eq!(delta.events(Seq(10)), expected);
    }

    #[test]
    fn empty_delta_has_no_events() {
        let delta = RoomDelta {
            upserted: vec![],
            deleted: vec![],
            next: None,
        };
        assert_eq!(delta.events(Seq(10)), []);
    }
}
