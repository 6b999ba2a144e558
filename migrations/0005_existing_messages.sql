-- no-transaction
-- The messages that exist, by room. Deleted messages keep their rows: however many
-- there are, a list, a page of the history and a count read only those that exist.
-- The author is for counting the messages of others without reading their rows.
CREATE INDEX CONCURRENTLY messages_existing_idx ON messages (room_id, seq) INCLUDE (user_id)
    WHERE deleted_at IS NULL;
