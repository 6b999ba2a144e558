-- What a room is for, when administrators may write in it, and whether anybody may.

-- Defaults that are the same for all rows: the table is not rewritten.
ALTER TABLE rooms
    -- A word of the platform: `match`, `support`, … No rule depends on it.
    ADD COLUMN kind   text COLLATE "C" NOT NULL DEFAULT 'match',
    -- When administrators may write: `tariff` (while a participant has the business
    -- tariff), `always` or `never`.
    ADD COLUMN pen    text COLLATE "C" NOT NULL DEFAULT 'tariff',
    -- Closed for writing, for brands and administrators alike.
    ADD COLUMN frozen boolean NOT NULL DEFAULT false;

-- No CHECKs: Postgres would read and compute each for every message, whose statement
-- updates `last_seq`. The triggers below name their columns: for an update of others they cost
-- a look at a bitmap. They run after the row is written, because one that runs before would
-- have every update fetch and lock its row once more.
CREATE FUNCTION rooms_refuse_unknown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.pen NOT IN ('tariff', 'always', 'never') THEN
        RAISE check_violation USING
            TABLE = 'rooms', COLUMN = 'pen', CONSTRAINT = 'rooms_pen_is_known',
            MESSAGE = pg_catalog.format('pen of room %s is %L', NEW.id, NEW.pen),
            HINT = 'It must be ''tariff'', ''always'' or ''never''.';
    END IF;
    RAISE check_violation USING
        TABLE = 'rooms', COLUMN = 'kind', CONSTRAINT = 'rooms_kind_is_word',
        MESSAGE = pg_catalog.format('kind of room %s is %L', NEW.id, NEW.kind),
        HINT = 'It must be 1 to 32 characters of a-z, 0-9, _ and -, the first of them a letter.';
END
$$;
CREATE TRIGGER rooms_refuse_unknown AFTER INSERT OR UPDATE OF kind, pen ON rooms
    FOR EACH ROW WHEN (
        NEW.pen NOT IN ('tariff', 'always', 'never') OR NEW.kind !~ '^[a-z][a-z0-9_-]{0,31}$'
    ) EXECUTE FUNCTION rooms_refuse_unknown();

-- A statement of its own, so that `rooms_notify` sees an update of `revision`: a trigger
-- that changed the row before it is written would not show it that.
CREATE FUNCTION rooms_move_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rooms SET revision = nextval('revisions') WHERE id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER rooms_move_revision AFTER UPDATE OF kind, pen, frozen ON rooms
    FOR EACH ROW WHEN (
        (OLD.kind, OLD.pen, OLD.frozen) IS DISTINCT FROM (NEW.kind, NEW.pen, NEW.frozen)
    ) EXECUTE FUNCTION rooms_move_revision();

-- As for the others: in sessions that replicate, what moves a revision runs, and what only
-- refuses does not.
ALTER TABLE rooms ENABLE ALWAYS TRIGGER rooms_move_revision;

-- They find our tables, whatever the `search_path` of the session is.
DO $$
DECLARE
    function text;
BEGIN
    FOREACH function IN ARRAY ARRAY['rooms_refuse_unknown', 'rooms_move_revision'] LOOP
        EXECUTE format(
            'ALTER FUNCTION %I() SET search_path = %I, pg_temp', function, current_schema()
        );
    END LOOP;
END
$$;
