use sqlx::{Error, PgConnection};

use crate::bridge::{
    mapping::Target,
    objects::named,
    sql::{Bridge, query_as},
};

/// `t` is what the query returns, `o` what is here.
const USERS: &str = "
    SELECT COALESCE(t.id, o.id), CASE WHEN o.id IS NULL THEN 'is missing here'
        WHEN t.id IS NULL THEN 'is missing there' ELSE 'has other rights here' END
    FROM ({there}) t FULL JOIN (SELECT * FROM {users} WHERE {id}) o ON o.id = t.id
    WHERE COALESCE(t.id, o.id) IS DISTINCT FROM {ghost} AND CASE WHEN t.id IS NULL
        THEN o.active
        ELSE (COALESCE(t.active, false), COALESCE(t.admin, false))
             IS DISTINCT FROM (o.active, o.admin) END";

const PROFILES: &str = "
    SELECT o.id, 'is another one here' FROM ({there}) t JOIN {table} o ON o.id = t.id
    WHERE COALESCE(t.profile, '{}')::text <> o.profile::text";

const BRANDS: &str = "
    SELECT COALESCE(t.id, o.id), CASE WHEN o.id IS NULL THEN 'is missing here'
        WHEN t.id IS NULL THEN 'is missing there' ELSE 'has another owner or tariff here' END
    FROM ({there}) t FULL JOIN (SELECT * FROM {brands} WHERE {id}) o ON o.id = t.id
    WHERE (t.id, t.user_id, t.tariff, t.tariff_until)
        IS DISTINCT FROM (o.id, o.user_id, o.tariff, o.tariff_until)";

const ROOMS: &str = "
    SELECT COALESCE(t.id, o.id), CASE WHEN o.id IS NULL THEN 'is missing here'
        WHEN t.id IS NULL THEN 'is missing there' ELSE 'is of another kind here' END
    FROM ({there}) t FULL JOIN (SELECT * FROM {rooms} WHERE {id}) o ON o.id = t.id
    WHERE (t.id{t}) IS DISTINCT FROM (o.id{o})";

const PARTICIPANTS: &str = "
    SELECT COALESCE(t.room_id, o.room_id), 'is another one here' FROM (
        SELECT room_id, array_agg((brand_id, position)::text ORDER BY position, brand_id) AS list
        FROM ({there}) t GROUP BY room_id
    ) t FULL JOIN (
        SELECT room_id, array_agg((brand_id, position)::text ORDER BY position, brand_id) AS list
        FROM {participants} WHERE {room_id} GROUP BY room_id
    ) o ON o.room_id = t.room_id
    WHERE t.list IS DISTINCT FROM o.list";

/// What was written here is there only if it is written back.
const MESSAGES: &str = "
    SELECT COALESCE(t.id, o.id), CASE WHEN o.id IS NULL THEN 'is missing here'
        WHEN t.id IS NULL THEN 'is missing there'
        WHEN o.deleted_at IS NOT NULL THEN 'is deleted here, and not there'
        WHEN o.room_id <> t.room_id THEN 'is in another room here'
        ELSE 'has another text, author or time here' END
    FROM ({there}) t FULL JOIN (SELECT * FROM {messages} WHERE {id}) o ON o.id = t.id
    WHERE CASE
        WHEN o.id IS NULL THEN EXISTS (SELECT FROM {rooms} r WHERE r.id = t.room_id)
        WHEN t.id IS NULL THEN o.deleted_at IS NULL AND ({back} OR o.id < {first})
        WHEN o.deleted_at IS NOT NULL THEN {back}
        ELSE (o.room_id, o.text, o.created_at)
             IS DISTINCT FROM (t.room_id, COALESCE(t.text, ''), t.created_at)
             OR o.user_id <> t.user_id AND EXISTS (SELECT FROM {users} u WHERE u.id = t.user_id)
        END";

/// Which keys are compared. As constants: Postgres finds the range of a column at once, and
/// looks at a list of thousands for long before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Among<'k> {
    /// After the first, up to the last.
    Range(i64, i64),
    These(&'k [i64]),
}

impl Among<'_> {
    /// The condition on a column.
    fn condition(self, column: &str) -> String {
        match self {
            Self::Range(after, last) => format!("{column} > {after} AND {column} <= {last}"),
            Self::These(keys) => {
                let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
                format!("{column} = ANY ('{{{}}}'::bigint[])", keys.join(","))
            }
        }
    }
}

/// What differs among these keys, by key.
pub(super) async fn compare(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    among: Among<'_>,
) -> Result<Vec<(Target, i64, String)>, Error> {
    let of_rooms = |alias: &str| {
        let columns = bridge.room_columns.iter();
        columns
            .map(|(name, _)| format!(", {alias}.{name}"))
            .collect::<String>()
    };
    let (sql, key) = match target {
        Target::Users => (USERS.to_owned(), "id"),
        Target::UserProfiles => (PROFILES.replace("{table}", "{users}"), "id"),
        Target::Brands => (BRANDS.to_owned(), "id"),
        Target::BrandProfiles => (PROFILES.replace("{table}", "{brands}"), "id"),
        Target::Rooms => {
            let sql = ROOMS.replace("{t}", &of_rooms("t"));
            (sql.replace("{o}", &of_rooms("o")), "id")
        }
        Target::Participants => (PARTICIPANTS.to_owned(), "room_id"),
        Target::Messages | Target::History => (MESSAGES.to_owned(), "id"),
    };
    let ghost = bridge.ghost();
    let ghost = ghost.map_or_else(|| "NULL".to_owned(), |ghost| ghost.to_string());
    let there = bridge.select(target, &among.condition(&format!("q.{key}")));
    let sql = named(bridge, &sql)
        .replace("{ghost}", &ghost)
        .replace(
            "{back}",
            if bridge.writes_back() {
                "true"
            } else {
                "false"
            },
        )
        .replace("{id}", &among.condition("id"))
        .replace("{room_id}", &among.condition("room_id"))
        .replace("{there}", &there);
    let mut rows: Vec<(i64, String)> = query_as(sql).fetch_all(connection).await?;
    rows.sort_unstable();
    Ok(rows
        .into_iter()
        .map(|(key, what)| (target, key, what))
        .collect())
}
