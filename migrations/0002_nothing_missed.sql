-- Safe retries, marks of reading, and word of what moves.

-- What the author's program called a message: it is known by that when it comes
-- again, if it says the same. What it said first is its `text` until it is edited
-- or deleted; from its first edit on there is a hash of that, and from its
-- deletion on there is neither. The name stays for ever.
ALTER TABLE messages
    ADD COLUMN client_msg_id text COLLATE "C",
    ADD COLUMN sent_sha256   bytea;
CREATE UNIQUE INDEX messages_client_msg_idx ON messages (room_id, user_id, client_msg_id)
    WHERE client_msg_id IS NOT NULL;

-- Up to which change somebody has read a room. No row: nothing yet.
CREATE TABLE reading_marks (
    room_id bigint NOT NULL,
    user_id bigint NOT NULL,
    seq     bigint NOT NULL,
    CONSTRAINT reading_marks_pkey PRIMARY KEY (room_id, user_id),
    CONSTRAINT reading_marks_of_room FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    CONSTRAINT reading_marks_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) WITH (fillfactor = 70); -- a mark moves often: room for updates in place
-- For users that are removed.
CREATE INDEX reading_marks_user_idx ON reading_marks (user_id);

-- Whoever remembers users and rooms hears that some have moved, and looks which.
-- Equal notifications of one transaction are sent once. The service's own
-- changes of `rooms.last_seq` are no news: the columns named below are not theirs.
CREATE FUNCTION notify_rights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY chat_rights;
    RETURN NULL;
END
$$;
-- The revision of a user is moved by a trigger of its own, too, which no list of
-- columns would show.
CREATE TRIGGER users_notify_moved AFTER UPDATE ON users
    FOR EACH ROW WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION notify_rights();
CREATE TRIGGER users_notify_gone AFTER DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION notify_rights();
CREATE TRIGGER rooms_notify AFTER UPDATE OF id, revision OR DELETE ON rooms
    FOR EACH STATEMENT EXECUTE FUNCTION notify_rights();
