use sqlx::{Error, FromRow, PgConnection};

use super::base::Numbers;

/// The triggers by which a change moves a revision, or leaves a row in `removed`.
const TRIGGERS: [&str; 8] = [
    "users_move_revision",
    "users_remember_old_id",
    "users_remember_removed",
    "brands_move_revisions",
    "participants_move_revision",
    "rooms_move_revision",
    "rooms_remember_old_id",
    "rooms_remember_removed",
];

/// $1 the triggers. `age` counts from a transaction id to the next one that will be
/// given. The file of a table changes when it is truncated or rewritten; a row of
/// `pg_trigger` is written again, by another transaction, when its trigger is turned
/// off or on.
const NOW: &str = "
    SELECT current_setting('aftermatch.store')::bigint AS store,
           COALESCE(pg_sequence_last_value('revisions'::regclass), 0) AS revision,
           COALESCE(pg_sequence_last_value('messages_id_seq'::regclass), 0) AS id,
           pg_snapshot_xmin(snapshot)::text::bigint AS oldest,
           pg_snapshot_xmax(snapshot)::text::bigint + age(pg_snapshot_xmax(snapshot)::xid) AS next,
           tables.signature, tables.armed
    FROM pg_current_snapshot() AS snapshot,
         (SELECT string_agg(concat_ws(' ', c.oid, c.relfilenode, tgname, tgenabled, t.xmin),
                            ',' ORDER BY c.oid, tgname) AS signature,
                 count(*) FILTER (WHERE tgname = ANY ($1) AND tgenabled = 'A')
                     = cardinality($1) AS armed
          FROM pg_class c LEFT JOIN pg_trigger t ON tgrelid = c.oid AND NOT tgisinternal
          WHERE c.oid IN (to_regclass('users'), to_regclass('brands'),
                          to_regclass('rooms'), to_regclass('participants'))
         ) AS tables";

/// What a recheck reads of the database itself.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Now {
    /// The store part of the epochs.
    store: i64,
    #[sqlx(flatten)]
    pub(super) numbers: Numbers,
    /// The oldest transaction in flight, or `next` if there is none.
    pub(super) oldest: i64,
    /// The next transaction id that will be given.
    pub(super) next: i64,
    /// The files of the platform's tables, and the versions of their triggers.
    signature: Option<String>,
    /// Whether the triggers are always enabled.
    armed: bool,
}

impl Now {
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, Error> {
        let query = sqlx::query_as(NOW).bind(TRIGGERS.as_slice());
        query.fetch_one(connection).await
    }

    /// Whether this is the store of `before`, and not an older state of it.
    pub(super) fn follows(&self, before: &Self) -> bool {
        self.store == before.store
            && self.next >= before.next
            && self.numbers.revision >= before.numbers.revision
            && self.numbers.id >= before.numbers.id
    }

    /// Whether every change since `before` has moved a number.
    pub(super) fn shows_changes_since(&self, before: &Self) -> bool {
        if before.armed && !self.armed {
            tracing::warn!(
                "a trigger of the chat is not enabled ALWAYS: everything connected is compared \
                 every second; to end this, run ALTER TABLE … ENABLE ALWAYS TRIGGER …"
            );
        }
        self.armed && self.signature == before.signature
    }

    pub(super) fn store(&self) -> Result<u32, Error> {
        u32::try_from(self.store).map_err(|error| Error::Decode(Box::new(error)))
    }
}
