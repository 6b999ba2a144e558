-- How much of a read position others are shown: a client can mark a room as read without
-- telling others. Null is all of it.
ALTER TABLE reading_marks ADD COLUMN shown_seq bigint;
