-- Rooms with new messages whose ids are not new: those that a bridge brings have the ids
-- of the platform. Processes find what is new in the log by this number, too, from the
-- sequence that numbers messages and events. What is older than a day is removed.
CREATE TABLE arrivals (
    -- From `messages_id_seq`, without a default: that would be in the way of a program
    -- that makes the sequence again.
    id      bigint      NOT NULL,
    room_id bigint      NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX arrivals_new_idx ON arrivals (id);
