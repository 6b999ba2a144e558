-- What has changed is found by an index, and nothing changes without a trace.

-- Before any of them is changed, and in the order of the service's own statements:
-- processes of an older version go on.
LOCK TABLE rooms, users, participants, brands IN ACCESS EXCLUSIVE MODE;

-- An event of a room moves no revision: it does not touch these indexes.
CREATE INDEX users_changed_idx ON users (revision);
CREATE INDEX rooms_changed_idx ON rooms (revision);

-- Users and rooms that were removed: a row that is gone has no revision. Processes
-- read what is new here once a second, and remove what is older than a day.
CREATE TABLE removed (
    revision bigint      NOT NULL DEFAULT nextval('revisions'),
    -- One of these two.
    user_id  bigint,
    room_id  bigint,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Not a key: if the sequence is ever set back, nothing fails to be removed for that.
CREATE INDEX removed_new_idx ON removed (revision);

-- With the rights of their owner: the roles of the platform know nothing of this
-- table. One call for each row: when the platform's tables are fed by logical
-- replication, triggers for whole statements do not run.
CREATE FUNCTION users_remember_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO removed (user_id) VALUES (OLD.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION rooms_remember_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO removed (room_id) VALUES (OLD.id);
    RETURN NULL;
END
$$;
-- Nobody can put a table of their own in front of this one.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION users_remember_removed() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION rooms_remember_removed() SET search_path = %I, pg_temp', current_schema());
END
$$;
-- Nobody else can make them triggers of tables of their own.
REVOKE EXECUTE ON FUNCTION users_remember_removed(), rooms_remember_removed() FROM PUBLIC;
CREATE TRIGGER users_remember_removed AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_remember_removed();
CREATE TRIGGER rooms_remember_removed AFTER DELETE ON rooms
    FOR EACH ROW EXECUTE FUNCTION rooms_remember_removed();

-- A user or a room that gets another id is gone under the one it had. The revision of
-- a user moves with it.
CREATE TRIGGER users_remember_old_id AFTER UPDATE OF id ON users
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION users_remember_removed();
CREATE TRIGGER rooms_remember_old_id AFTER UPDATE OF id ON rooms
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION rooms_remember_removed();
CREATE OR REPLACE FUNCTION users_move_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.active, NEW.admin, NEW.profile::text)
        IS DISTINCT FROM (OLD.id, OLD.active, OLD.admin, OLD.profile::text)
    THEN
        NEW.revision := nextval('revisions');
    END IF;
    RETURN NEW;
END
$$;

-- A brand that appears or goes changes its rooms, too. A foreign key has removed it
-- from them before; but foreign keys do not work in sessions that replicate.
CREATE OR REPLACE FUNCTION brands_move_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.user_id <> NEW.user_id OR OLD.id <> NEW.id THEN
        UPDATE users SET revision = nextval('revisions')
        WHERE id IN (OLD.user_id, NEW.user_id);
    END IF;
    IF TG_OP <> 'UPDATE' OR (NEW.id, NEW.tariff, NEW.tariff_until, NEW.profile::text)
        IS DISTINCT FROM (OLD.id, OLD.tariff, OLD.tariff_until, OLD.profile::text)
    THEN
        UPDATE rooms SET revision = nextval('revisions')
        WHERE id IN (SELECT room_id FROM participants WHERE brand_id IN (OLD.id, NEW.id));
    END IF;
    RETURN NULL;
END
$$;

-- `session_replication_role = replica` turns all other triggers off. One that only
-- refuses what the platform should not do stays off there: what is replicated was
-- accepted where it comes from.
ALTER TABLE users
    ENABLE ALWAYS TRIGGER users_move_revision,
    ENABLE ALWAYS TRIGGER users_notify_moved,
    ENABLE ALWAYS TRIGGER users_notify_gone,
    ENABLE ALWAYS TRIGGER users_remember_old_id,
    ENABLE ALWAYS TRIGGER users_remember_removed;
ALTER TABLE brands
    ENABLE ALWAYS TRIGGER brands_move_revisions;
ALTER TABLE rooms
    ENABLE ALWAYS TRIGGER rooms_notify,
    ENABLE ALWAYS TRIGGER rooms_remember_old_id,
    ENABLE ALWAYS TRIGGER rooms_remember_removed,
    ENABLE ALWAYS TRIGGER rooms_take_messages_along;
ALTER TABLE participants
    ENABLE ALWAYS TRIGGER participants_move_revision;
