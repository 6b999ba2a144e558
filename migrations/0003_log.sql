-- The log of each room: what every event was, by its number.

-- Processes of an older version go on writing. Their statements take these tables in
-- this order, so they wait for this transaction, and there is no deadlock.
LOCK TABLE rooms, messages IN ACCESS EXCLUSIVE MODE;

-- What the client put on its request: JSON text. Null if nobody requested the
-- message, or if the id was too long to be stored.
ALTER TABLE messages ADD COLUMN request_id text;

ALTER TABLE rooms
    -- The identity of the room's log: a room that is removed and made again has
    -- another one, because a number of `revisions` never comes twice. Rooms that exist
    -- get 0: with a default that is the same for all the table is not rewritten.
    ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
    -- When the last event was, by the clock of the database. The next event is
    -- never earlier, even if that clock was set back. In rooms that exist it was not
    -- later than now.
    ADD COLUMN last_at timestamptz DEFAULT now();
ALTER TABLE rooms
    ALTER COLUMN epoch SET DEFAULT nextval('revisions'),
    ALTER COLUMN last_at DROP DEFAULT;

-- Edits and deletions, one row each. A create is its row in `messages`.
--
-- The log has the text of an event in one of three places:
-- * `messages.text`, if nothing has changed the message since;
-- * `replaced` of the edit that came next: its `replaced_seqs` has the number of
--   the event whose text it replaced;
-- * `replaced` of the deletion, in the same way: its number is the `changed_seq` of
--   the deleted message.
-- A text that is in none of them cannot be read any more: it was purged, or the
-- edit or deletion that took it away was written by a program that did not know
-- this table.
CREATE TABLE events (
    room_id       bigint      NOT NULL,
    seq           bigint      NOT NULL,
    -- From the sequence that numbers messages: what is new in the log is found by
    -- this number in both tables.
    id            bigint      NOT NULL DEFAULT nextval('messages_id_seq'),
    kind          text        NOT NULL,
    -- Who edited or deleted.
    user_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    request_id    text,
    -- Of an edit the message. Of a deletion those that were deleted, in the order of
    -- the request.
    message_ids   bigint[]    NOT NULL,
    -- The texts that the event took away, in the order of `message_ids`. Null once
    -- they are purged.
    replaced      text[],
    -- The numbers of the events that had given the messages these texts.
    replaced_seqs bigint[]    NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (room_id, seq),
    CONSTRAINT events_kind_is_known CHECK (kind IN ('edited', 'deleted'))
);
-- What is new.
CREATE INDEX events_new_idx ON events (id);
-- The edit that followed an event.
CREATE INDEX events_following_idx ON events (room_id, (replaced_seqs[1]))
    WHERE kind = 'edited';
-- What is purged next.
CREATE INDEX events_purge_idx ON events (at) WHERE replaced IS NOT NULL;

-- Rooms and users of events are not foreign keys, for the reason that those of
-- messages are not. Events go with their room, with the rights of their owner: the
-- roles of the platform know nothing of this table.
CREATE OR REPLACE FUNCTION rooms_take_messages_along() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM messages WHERE room_id = OLD.id;
    DELETE FROM events WHERE room_id = OLD.id;
    RETURN NULL;
END
$$;
-- Nobody can put tables of their own in front of these.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION rooms_take_messages_along() SET search_path = %I, pg_temp',
        current_schema()
    );
END
$$;
-- Nobody else can make it a trigger of a table of their own, and so erase messages.
REVOKE EXECUTE ON FUNCTION rooms_take_messages_along() FROM PUBLIC;
