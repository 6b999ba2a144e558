-- Functions find our tables, whatever the `search_path` of the session is: pg_dump and
-- careful programs set it to nothing. Nobody can put tables of their own in front of ours.
DO $$
DECLARE
    function text;
BEGIN
    FOREACH function IN ARRAY ARRAY[
        'users_move_revision', 'users_remember_removed', 'users_stay_with_messages',
        'brands_move_revisions', 'participants_move_revision', 'notify_rights',
        'rooms_remember_removed', 'rooms_take_messages_along'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %I() SET search_path = %I, pg_temp', function, current_schema()
        );
    END LOOP;
END
$$;

-- It looks for one message of a user. Where most users have written many, a plan for any
-- user would read the table until it finds one: all of it for those who have not.
ALTER FUNCTION users_stay_with_messages() SET enable_seqscan = off;
