-- The platform writes into the chat by SQL, in transactions of its own: `post`, `edit` and
-- `remove`. docs/platform.md describes them.
--
-- They write what the service's own statements write (`adapters/postgres/src/write/`), and
-- lock in the same order: rooms by their ids, users, messages. They wait for locks, where
-- the service skips and tries again. Under the lock of the room the numbers have no gap, and
-- nobody else writes the same client message id.

-- Locks a room for its next event: the number and the time of that.
CREATE FUNCTION aftermatch_lock_room(room bigint, OUT seq bigint, OUT at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT r.last_seq + 1, r.last_at INTO seq, at
    FROM rooms r WHERE r.id = room FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('there is no room %s', COALESCE(room::text, 'NULL')),
            HINT = 'Insert it into rooms first.';
    END IF;
    at := GREATEST(clock_timestamp(), CASE WHEN at < '9999-12-31Z' THEN at END);
END
$$;

-- Keeps a user from being removed. Others may change it, and the service may write for it.
CREATE FUNCTION aftermatch_lock_user(author bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users u WHERE u.id = author FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('there is no user %s', COALESCE(author::text, 'NULL')),
            HINT = 'Insert it into users first. It need not be active, nor in the room.';
    END IF;
END
$$;

-- Without white space at its ends: all that is white space in Unicode.
CREATE FUNCTION aftermatch_trim(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT btrim(said, E'\u0009\u000A\u000B\u000C\u000D\u0020\u0085\u00A0\u1680\u2000\u2001'
        '\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000')
$$;

-- The rules that the service has for the texts of clients.
CREATE FUNCTION aftermatch_check_text(said text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    longest int := COALESCE(NULLIF(current_setting('aftermatch.max_text_chars', true), ''), '10000');
BEGIN
    IF length(said) > longest THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('the text has %s characters; %s are allowed', length(said), longest),
            HINT = 'The setting aftermatch.max_text_chars of the database is the limit.';
    END IF;
    IF COALESCE(aftermatch_trim(said), '') = '' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'the text is blank',
            HINT = 'It needs a character that is not white space.';
    END IF;
END
$$;

-- Says at the commit how far the logs of these rooms go. Processes of this version deliver at
-- once what is new; older ones read any notification here as a reason to look.
CREATE FUNCTION aftermatch_announce(written bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A notification is shorter than 8,000 bytes.
    PERFORM pg_notify('chat_rights', string_agg(concat_ws(' ', id, epoch, last_seq), E'\n'))
    FROM (
        SELECT r.id, r.epoch, r.last_seq, row_number() OVER () / 100 AS part
        FROM rooms r WHERE r.id = ANY (written)
    ) heads GROUP BY part;
END
$$;

-- Returns the id of the message; of the first one, if this is a repetition.
CREATE FUNCTION post(room_id bigint, user_id bigint, text text, client_msg_id text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    next    record;
    earlier record;
    message bigint;
BEGIN
    PERFORM aftermatch_check_text(post.text);
    IF post.client_msg_id COLLATE "C" !~ '^[A-Za-z0-9._:-]{1,64}$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('the client_msg_id %L is malformed', post.client_msg_id),
            HINT = 'It has 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", ":" and "-".';
    END IF;
    next := aftermatch_lock_room(post.room_id);
    PERFORM aftermatch_lock_user(post.user_id);
    SELECT m.id, CASE
        WHEN m.sent_sha256 IS NULL THEN m.text = post.text
        ELSE m.sent_sha256 = sha256(convert_to(post.text, 'UTF8'))
    END AS is_same INTO earlier
    FROM messages m WHERE m.room_id = post.room_id AND m.user_id = post.user_id
        AND m.client_msg_id = post.client_msg_id;
    IF earlier.is_same THEN
        RETURN earlier.id;
    ELSIF FOUND THEN
        RAISE unique_violation USING
            MESSAGE = format('the client_msg_id %L belongs to message %s, which had another text '
                'or was deleted', post.client_msg_id, earlier.id),
            HINT = 'Another message needs another client_msg_id.';
    END IF;
    INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
    VALUES (post.room_id, post.user_id, post.text, next.at, next.seq, next.seq, post.client_msg_id)
    RETURNING id INTO message;
    UPDATE rooms r SET last_seq = next.seq, last_at = next.at WHERE r.id = post.room_id;
    PERFORM aftermatch_announce(ARRAY[post.room_id]);
    RETURN message;
END
$$;

-- The event is one of the message's author.
CREATE FUNCTION edit(message_id bigint, text text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    room bigint;
    next record;
    old  record;
BEGIN
    PERFORM aftermatch_check_text(edit.text);
    SELECT m.room_id INTO room FROM messages m WHERE m.id = edit.message_id;
    IF FOUND THEN
        next := aftermatch_lock_room(room);
        SELECT m.user_id, m.text, m.changed_seq INTO old FROM messages m
        WHERE m.id = edit.message_id AND m.room_id = room AND m.deleted_at IS NULL
        FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND THEN
        RAISE no_data_found USING
            MESSAGE = format('there is no message %s, or it was deleted',
                             COALESCE(message_id::text, 'NULL')),
            HINT = 'A deleted message cannot be edited: post another one.';
    END IF;
    -- The hash of the first text stays, to recognize a repeated create.
    UPDATE messages m SET text = edit.text, changed_seq = next.seq, edited_at = next.at,
        sent_sha256 = CASE WHEN m.client_msg_id IS NOT NULL
            THEN COALESCE(m.sent_sha256, sha256(convert_to(m.text, 'UTF8')))
        END
    WHERE m.id = edit.message_id AND m.room_id = room;
    UPDATE rooms r SET last_seq = next.seq, last_at = next.at WHERE r.id = room;
    INSERT INTO events (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
    VALUES (room, next.seq, 'edited', old.user_id, next.at, ARRAY[edit.message_id],
            ARRAY[old.text], ARRAY[old.changed_seq]);
    PERFORM aftermatch_announce(ARRAY[room]);
END
$$;

-- Deletes those messages that are there, and returns their ids. `by` is who did it; without,
-- each message counts as deleted by its author. Administrators alone read `reason`. In each room an event for each of them, of at
-- most as many messages as a client may delete at a time.
CREATE FUNCTION remove(
    message_ids bigint[], by bigint DEFAULT NULL, reason text DEFAULT NULL
) RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    touched bigint[];
    moment  timestamptz;
    deleted bigint[];
    why     text := NULLIF(aftermatch_trim(remove.reason), '');
BEGIN
    IF length(why) > 500 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('the reason has %s characters; 500 are allowed', length(why));
    END IF;
    SELECT array_agg(DISTINCT m.room_id) INTO touched FROM messages m
    WHERE m.id = ANY (remove.message_ids) AND m.deleted_at IS NULL;
    PERFORM FROM rooms r WHERE r.id = ANY (touched) ORDER BY r.id FOR NO KEY UPDATE;
    IF remove.by IS NOT NULL THEN
        PERFORM aftermatch_lock_user(remove.by);
    END IF;
    moment := clock_timestamp();
    WITH named AS (
        SELECT a.id, min(a.position) AS position
        FROM UNNEST(remove.message_ids) WITH ORDINALITY AS a(id, position) GROUP BY a.id
    ), old AS MATERIALIZED (
        SELECT a.id, a.position, m.room_id, m.text, m.changed_seq,
               COALESCE(remove.by, m.user_id) AS user_id
        FROM named a CROSS JOIN LATERAL (
            SELECT room_id, user_id, text, changed_seq FROM messages
            WHERE id = a.id AND room_id = ANY (touched) AND deleted_at IS NULL
            FOR NO KEY UPDATE
        ) m
    ), placed AS (
        SELECT old.*,
               (row_number() OVER (PARTITION BY room_id, user_id ORDER BY position) - 1) / 1000
                   AS part
        FROM old
    ), next AS MATERIALIZED (
        SELECT e.*, r.last_seq + row_number() OVER (PARTITION BY e.room_id ORDER BY e.first) AS seq,
               GREATEST(moment, CASE WHEN r.last_at < '9999-12-31Z' THEN r.last_at END) AS at
        FROM (
            SELECT room_id, user_id, part, min(position) AS first,
                   array_agg(id ORDER BY position) AS ids,
                   array_agg(text ORDER BY position) AS texts,
                   array_agg(changed_seq ORDER BY position) AS seqs
            FROM placed GROUP BY room_id, user_id, part
        ) e JOIN rooms r ON r.id = e.room_id
    ), changed AS (
        UPDATE messages m SET changed_seq = n.seq, text = NULL, sent_sha256 = NULL,
                              deleted_at = n.at, deleted_by = n.user_id
        FROM next n JOIN placed p USING (room_id, user_id, part)
        WHERE m.id = p.id AND m.room_id = p.room_id
    ), moved AS (
        UPDATE rooms r SET last_seq = n.seq, last_at = n.at
        FROM (SELECT room_id, max(seq) AS seq, max(at) AS at FROM next GROUP BY room_id) n
        WHERE r.id = n.room_id
    ), logged AS (
        INSERT INTO events
            (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs, reason)
        SELECT n.room_id, n.seq, 'deleted', n.user_id, n.at, n.ids, n.texts, n.seqs, why
        FROM next n
    )
    SELECT array_agg(old.id ORDER BY old.position), array_agg(DISTINCT old.room_id)
    INTO deleted, touched FROM old;
    PERFORM aftermatch_announce(touched);
    RETURN COALESCE(deleted, '{}');
END
$$;

-- They find our tables, and nobody can put others in front of them. A plan that is made for
-- a small table must be good for a large one, so it uses an index. The platform's role gets
-- the rights to the three by a grant.
DO $$
DECLARE
    function text;
BEGIN
    FOREACH function IN ARRAY ARRAY[
        'aftermatch_lock_room', 'aftermatch_lock_user', 'aftermatch_trim',
        'aftermatch_check_text', 'aftermatch_announce', 'post', 'edit', 'remove'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %I SET search_path = %I, pg_temp', function, current_schema()
        );
        EXECUTE format('ALTER FUNCTION %I SET enable_seqscan = off', function);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I FROM PUBLIC', function);
    END LOOP;
END
$$;
