-- Turns `messages` into a table of 16 partitions, by room. For databases of hundreds of
-- millions of messages: docs/scaling.md says what it costs and when it helps.
--
-- Stop the service first, and take a backup. The owner of the table runs it once:
--     psql --single-transaction --variable=ON_ERROR_STOP=1 --file=partition-messages.sql
-- It copies all messages, and needs as much free space as they take. All migrations up to
-- 9 must have been applied.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM _sqlx_migrations WHERE version = 9 AND success) THEN
        RAISE 'migration 9 is missing: run `aftermatch migrate` first';
    END IF;
END $$;

LOCK TABLE rooms, messages, events IN ACCESS EXCLUSIVE MODE;

-- The sequence belongs to the table, and goes with it.
CREATE TEMP TABLE messages_were ON COMMIT DROP AS
    SELECT nextval('messages_id_seq') AS last;
CREATE TEMP TABLE rights_were ON COMMIT DROP AS
    SELECT '' AS of_column, 'TABLE messages' AS name, relacl AS rights
    FROM pg_class WHERE oid = 'messages'::regclass
    UNION ALL
    SELECT '', 'SEQUENCE messages_id_seq', relacl
    FROM pg_class WHERE oid = 'messages_id_seq'::regclass
    UNION ALL
    SELECT format('(%I)', attname), 'TABLE messages', attacl
    FROM pg_attribute WHERE attrelid = 'messages'::regclass;
ALTER TABLE events ALTER COLUMN id DROP DEFAULT;
ALTER TABLE messages ALTER COLUMN id DROP IDENTITY;
CREATE SEQUENCE messages_id_seq;
SELECT setval('messages_id_seq', last) FROM messages_were;
ALTER TABLE events ALTER COLUMN id SET DEFAULT nextval('messages_id_seq');

ALTER TABLE messages RENAME TO messages_whole;
CREATE TABLE messages (LIKE messages_whole) PARTITION BY HASH (room_id);
ALTER TABLE messages ALTER COLUMN id SET DEFAULT nextval('messages_id_seq');
ALTER SEQUENCE messages_id_seq OWNED BY messages.id;
DO $$
BEGIN
    FOR nth IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE messages_%s PARTITION OF messages
             FOR VALUES WITH (MODULUS 16, REMAINDER %s)
             WITH (autovacuum_vacuum_insert_scale_factor = 0.01,
                   autovacuum_vacuum_scale_factor = 0.01,
                   autovacuum_analyze_scale_factor = 0.02)', nth, nth
        );
    END LOOP;
END $$;
INSERT INTO messages SELECT * FROM messages_whole;
DROP TABLE messages_whole;

-- A unique index must contain the room. The sequence keeps ids unique over all rooms.
ALTER TABLE messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (room_id, id),
    ADD CONSTRAINT messages_room_seq_key UNIQUE (room_id, seq);
CREATE INDEX messages_id_idx ON messages (id);
CREATE INDEX messages_room_changed_idx ON messages (room_id, changed_seq)
    WHERE changed_seq > seq;
CREATE UNIQUE INDEX messages_client_msg_idx ON messages (room_id, user_id, client_msg_id)
    WHERE client_msg_id IS NOT NULL;
CREATE INDEX messages_existing_idx ON messages (room_id, seq) INCLUDE (user_id)
    WHERE deleted_at IS NULL;
CREATE INDEX messages_user_idx ON messages (user_id);

-- Who had rights has them.
DO $$
DECLARE
    had record;
BEGIN
    FOR had IN
        SELECT privilege_type, of_column, name, grantee FROM rights_were, aclexplode(rights)
    LOOP
        EXECUTE format(
            'GRANT %s %s ON %s TO %s', had.privilege_type, had.of_column, had.name,
            CASE had.grantee WHEN 0 THEN 'PUBLIC' ELSE had.grantee::regrole::text END
        );
    END LOOP;
END $$;
ANALYZE messages;
