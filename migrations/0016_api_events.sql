-- Pushes that the platform asks for over the HTTP API (docs/webhooks.md). Nothing here is
-- written unless a process has CHAT_API_EVENTS.

-- Rows are inserted one after the other, under a lock, so that their numbers become visible in
-- order.
CREATE TABLE api_events (
    number bigint      GENERATED ALWAYS AS IDENTITY,
    -- By it the platform recognizes an event that comes again.
    id     text        NOT NULL,
    -- JSON, as text: it is sent as it was stored.
    body   text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_events_pkey PRIMARY KEY (number),
    CONSTRAINT api_events_id_is_unique UNIQUE (id)
);
