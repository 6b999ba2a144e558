-- What is pushed to the platform: messages for users who are not connected. Nothing here is
-- written unless a process has a webhook (docs/webhooks.md).

-- How far messages were found, by their ids. There is one row once a process had a webhook.
CREATE TABLE push_state (
    is_one     boolean     NOT NULL DEFAULT true,
    -- Every message with an id up to this one was found.
    found_id   bigint      NOT NULL,
    -- What was written before is not pushed.
    started_at timestamptz NOT NULL,
    -- When a process last looked.
    looked_at  timestamptz NOT NULL,
    CONSTRAINT push_state_pkey PRIMARY KEY (is_one),
    CONSTRAINT push_state_has_one_row CHECK (is_one)
);

-- Rooms that had a message lately. Rooms without any for two days are removed: their messages
-- are too old to be found again.
CREATE TABLE pushes (
    room_id  bigint      NOT NULL,
    -- The log that the numbers belong to.
    epoch    bigint      NOT NULL,
    -- Nothing is left to do up to this event.
    seq      bigint      NOT NULL,
    -- The last event that was found.
    last_seq bigint      NOT NULL,
    -- When to go on, if anything is left.
    due_at   timestamptz NOT NULL,
    -- When it last moved on, or began to wait.
    since    timestamptz NOT NULL DEFAULT now(),
    -- Of the next message: how many attempts have failed, and why the last one did.
    failures integer     NOT NULL DEFAULT 0,
    reason   text,
    CONSTRAINT pushes_pkey PRIMARY KEY (room_id)
) WITH (fillfactor = 50); -- a row moves with every message: room for updates in place
CREATE INDEX pushes_waiting_idx ON pushes (due_at) WHERE seq < last_seq;

-- Messages that were given up.
CREATE TABLE push_dead_letters (
    room_id    bigint      NOT NULL,
    epoch      bigint      NOT NULL,
    seq        bigint      NOT NULL,
    message_id bigint      NOT NULL,
    -- When it was given up, or last tried again.
    at         timestamptz NOT NULL DEFAULT now(),
    reason     text        NOT NULL,
    -- Operators set it to have it sent again.
    again      boolean     NOT NULL DEFAULT false,
    CONSTRAINT push_dead_letters_pkey PRIMARY KEY (room_id, epoch, seq)
);
