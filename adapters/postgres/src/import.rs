//! A whole world into the database, in one transaction.

mod messages;

use aftermatch_ports::model::World;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

use crate::{Error, Options, tariff};

/// So many rows go into one statement.
const CHUNK: usize = 5_000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// `users`, `brands`, `rooms` or `messages`.
    pub list: &'static str,
    /// Rows looked at so far.
    pub done: usize,
    /// Rows in all.
    pub of: usize,
}

/// What an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Users that were added or changed.
    pub users: u64,
    /// Brands that were added or changed.
    pub brands: u64,
    /// Rooms that were added, or whose participants were.
    pub rooms: u64,
    /// Messages that were added or changed.
    pub messages: u64,
}

/// Why a world was not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database was not to be reached, or said no.
    #[error(transparent)]
    Database(#[from] Error),
    /// The database has other messages by these numbers.
    #[error("{}", taken(.0))]
    Taken(Vec<i64>),
}

fn taken(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!(
        "the database has other messages (of another room or author) with the ids {}",
        ids.join(", ")
    )
}

/// Brings what `world` holds into the database: what is new is added, what has
/// changed is updated, what is as it was is left alone, and so is all that the
/// world does not speak of. Messages keep their numbers; one that was edited or
/// deleted here stays so. One without a number is the one its author wrote at
/// that very millisecond in that room.
///
/// # Errors
/// See [`ImportError`].
pub async fn import(
    options: &Options,
    world: &World,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let mut connection = PgConnection::connect_with(&options.without_limit()?).await?;
    let mut transaction = connection.begin().await?;
    sqlx::query("SET CONSTRAINTS ALL DEFERRED")
        .execute(&mut *transaction)
        .await?;
    let imported = Imported {
        users: users(&mut transaction, world, &mut progress).await?,
        brands: brands(&mut transaction, world, &mut progress).await?,
        rooms: rooms(&mut transaction, world, &mut progress).await?,
        messages: messages::import(&mut transaction, world, &mut progress).await?,
    };
    transaction.commit().await?;
    connection.close().await?;
    Ok(imported)
}

/// Calls `progress` as the chunks of `rows` go by.
fn chunks<'a, T>(
    list: &'static str,
    rows: &'a [T],
    progress: &'a mut impl FnMut(Progress),
) -> impl Iterator<Item = &'a [T]> {
    let mut done = 0;
    rows.chunks(CHUNK).inspect(move |chunk| {
        done += chunk.len();
        let of = rows.len();
        progress(Progress { list, done, of });
    })
}

const USERS: &str = "
    INSERT INTO users (id, active, admin, profile)
    SELECT id, active, admin, profile::json
    FROM UNNEST($1::bigint[], $2::boolean[], $3::boolean[], $4::text[])
         AS t(id, active, admin, profile)
    ON CONFLICT (id) DO UPDATE
    SET active = EXCLUDED.active, admin = EXCLUDED.admin, profile = EXCLUDED.profile
    WHERE (users.active, users.admin, users.profile::text)
          IS DISTINCT FROM (EXCLUDED.active, EXCLUDED.admin, EXCLUDED.profile::text)";

async fn users(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for users in chunks("users", world.users(), progress) {
        let done = sqlx::query(USERS)
            .bind(users.iter().map(|user| user.id.0).collect::<Vec<_>>())
            .bind(users.iter().map(|user| user.active).collect::<Vec<_>>())
            .bind(users.iter().map(|user| user.admin).collect::<Vec<_>>())
            .bind(
                users
                    .iter()
                    .map(|user| user.profile.as_str())
                    .collect::<Vec<_>>(),
            )
            .execute(&mut *connection);
        changed += done.await?.rows_affected();
    }
    Ok(changed)
}

const BRANDS: &str = "
    INSERT INTO brands (id, user_id, tariff, tariff_until, profile)
    SELECT id, user_id, tariff, tariff_until, profile::json
    FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[])
         AS t(id, user_id, tariff, tariff_until, profile)
    ON CONFLICT (id) DO UPDATE
    SET user_id = EXCLUDED.user_id, tariff = EXCLUDED.tariff,
        tariff_until = EXCLUDED.tariff_until, profile = EXCLUDED.profile
    WHERE (brands.user_id, brands.tariff, brands.tariff_until, brands.profile::text)
          IS DISTINCT FROM
          (EXCLUDED.user_id, EXCLUDED.tariff, EXCLUDED.tariff_until, EXCLUDED.profile::text)";

async fn brands(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for brands in chunks("brands", world.brands(), progress) {
        let tariffs = brands.iter().map(|brand| brand.tariff.map(tariff::write));
        let ends = brands
            .iter()
            .map(|brand| brand.tariff_until.map(OffsetDateTime::from));
        let done = sqlx::query(BRANDS)
            .bind(brands.iter().map(|brand| brand.id.0).collect::<Vec<_>>())
            .bind(brands.iter().map(|brand| brand.owner.0).collect::<Vec<_>>())
            .bind(tariffs.collect::<Vec<_>>())
            .bind(ends.collect::<Vec<_>>())
            .bind(
                brands
                    .iter()
                    .map(|brand| brand.profile.as_str())
                    .collect::<Vec<_>>(),
            )
            .execute(&mut *connection);
        changed += done.await?.rows_affected();
    }
    Ok(changed)
}

/// $1 the rooms; $2, $3 and $4 their participants, as room, brand and place.
const ROOMS: &str = "
    WITH given AS (
        SELECT * FROM UNNEST($2::bigint[], $3::bigint[], $4::integer[])
                      AS t(room_id, brand_id, position)
    ), added AS (
        INSERT INTO rooms (id) SELECT UNNEST($1::bigint[]) ON CONFLICT DO NOTHING RETURNING id
    ), gone AS (
        DELETE FROM participants p WHERE room_id = ANY ($1) AND NOT EXISTS (
            SELECT FROM given g WHERE g.room_id = p.room_id AND g.brand_id = p.brand_id
        ) RETURNING room_id
    ), put AS (
        INSERT INTO participants (room_id, brand_id, position)
        SELECT room_id, brand_id, position FROM given
        ON CONFLICT (room_id, brand_id) DO UPDATE SET position = EXCLUDED.position
        WHERE participants.position <> EXCLUDED.position
        RETURNING room_id
    )
    SELECT count(*) FROM
        (SELECT id FROM added UNION SELECT room_id FROM gone UNION SELECT room_id FROM put) changed";

async fn rooms(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for rooms in chunks("rooms", world.rooms(), progress) {
        let (mut of, mut brands, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for room in rooms {
            for (place, brand) in (0_i32..).zip(&room.participants) {
                of.push(room.id.0);
                brands.push(brand.0);
                places.push(place);
            }
        }
        let done: i64 = sqlx::query_scalar(ROOMS)
            .bind(rooms.iter().map(|room| room.id.0).collect::<Vec<_>>())
            .bind(of)
            .bind(brands)
            .bind(places)
            .fetch_one(&mut *connection)
            .await?;
        changed += done.unsigned_abs();
    }
    Ok(changed)
}
