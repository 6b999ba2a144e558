//! Adds and replaces users, brands and rooms: what is as given already is not touched. Two
//! brands of one statement can change hands only while constraints are deferred. Rows are
//! written in the order of their ids, so that two who write the same do not wait for each other.

use aftermatch_ports::model::world::{NewBrand, NewRoom, NewUser};
use sqlx::{Error, PgConnection};
use time::OffsetDateTime;

use super::tariff;

const USERS: &str = "
    INSERT INTO users (id, active, admin, profile)
    SELECT id, active, admin, profile::json
    FROM UNNEST($1::bigint[], $2::boolean[], $3::boolean[], $4::text[])
         AS t(id, active, admin, profile) ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET active = EXCLUDED.active, admin = EXCLUDED.admin, profile = EXCLUDED.profile
    WHERE (users.active, users.admin, users.profile::text)
          IS DISTINCT FROM (EXCLUDED.active, EXCLUDED.admin, EXCLUDED.profile::text)";

/// Returns how many were added or changed.
pub(crate) async fn users(connection: &mut PgConnection, users: &[NewUser]) -> Result<u64, Error> {
    let profiles = users.iter().map(|user| user.profile.as_str());
    let upsert = sqlx::query(USERS)
        .bind(users.iter().map(|user| user.id.0).collect::<Vec<_>>())
        .bind(users.iter().map(|user| user.active).collect::<Vec<_>>())
        .bind(users.iter().map(|user| user.admin).collect::<Vec<_>>())
        .bind(profiles.collect::<Vec<_>>())
        .execute(connection);
    Ok(upsert.await?.rows_affected())
}

const BRANDS: &str = "
    INSERT INTO brands (id, user_id, tariff, tariff_until, profile)
    SELECT id, user_id, tariff, tariff_until, profile::json
    FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[])
         AS t(id, user_id, tariff, tariff_until, profile) ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET user_id = EXCLUDED.user_id, tariff = EXCLUDED.tariff,
        tariff_until = EXCLUDED.tariff_until, profile = EXCLUDED.profile
    WHERE (brands.user_id, brands.tariff, brands.tariff_until, brands.profile::text)
          IS DISTINCT FROM
          (EXCLUDED.user_id, EXCLUDED.tariff, EXCLUDED.tariff_until, EXCLUDED.profile::text)";

/// Returns how many were added or changed. Their owners must exist.
pub(crate) async fn brands(
    connection: &mut PgConnection,
    brands: &[NewBrand],
) -> Result<u64, Error> {
    let tariffs = brands.iter().map(|brand| brand.tariff.map(tariff::encode));
    let ends = brands
        .iter()
        .map(|brand| brand.tariff_until.map(OffsetDateTime::from));
    let profiles = brands.iter().map(|brand| brand.profile.as_str());
    let upsert = sqlx::query(BRANDS)
        .bind(brands.iter().map(|brand| brand.id.0).collect::<Vec<_>>())
        .bind(brands.iter().map(|brand| brand.owner.0).collect::<Vec<_>>())
        .bind(tariffs.collect::<Vec<_>>())
        .bind(ends.collect::<Vec<_>>())
        .bind(profiles.collect::<Vec<_>>())
        .execute(connection);
    Ok(upsert.await?.rows_affected())
}

/// $1, $5, $6 and $7 the rooms, as id, kind, pen and frozen; $2, $3 and $4 their
/// participants, as room, brand and position. The order counts, and not the numbers: a brand
/// that was removed leaves a gap.
const ROOMS: &str = "
    WITH given AS (
        SELECT * FROM UNNEST($2::bigint[], $3::bigint[], $4::integer[])
                      AS t(room_id, brand_id, position)
    ), given_rooms AS (
        SELECT * FROM UNNEST($1::bigint[], $5::text[], $6::text[], $7::boolean[])
                      AS t(id, kind, pen, frozen)
    ), moved AS (
        SELECT g.room_id FROM (
            SELECT room_id, array_agg(brand_id ORDER BY position) AS brands
            FROM given GROUP BY room_id
        ) g LEFT JOIN (
            SELECT room_id, array_agg(brand_id ORDER BY position) AS brands
            FROM participants WHERE room_id = ANY ($1) GROUP BY room_id
        ) p USING (room_id)
        WHERE g.brands IS DISTINCT FROM p.brands
    ), added AS (
        INSERT INTO rooms (id, kind, pen, frozen) SELECT id, kind, pen, frozen FROM given_rooms
        ON CONFLICT DO NOTHING RETURNING id
    ), updated AS (
        UPDATE rooms r SET kind = g.kind, pen = g.pen, frozen = g.frozen
        FROM given_rooms g WHERE r.id = g.id
          AND (r.kind, r.pen, r.frozen) IS DISTINCT FROM (g.kind, g.pen, g.frozen)
        RETURNING r.id
    ), removed AS (
        DELETE FROM participants p WHERE room_id = ANY ($1) AND NOT EXISTS (
            SELECT FROM given g WHERE g.room_id = p.room_id AND g.brand_id = p.brand_id
        ) RETURNING room_id
    ), put AS (
        INSERT INTO participants (room_id, brand_id, position)
        SELECT room_id, brand_id, position FROM given JOIN moved USING (room_id)
        ORDER BY room_id, brand_id
        ON CONFLICT (room_id, brand_id) DO UPDATE SET position = EXCLUDED.position
        WHERE participants.position <> EXCLUDED.position
        RETURNING room_id
    )
    SELECT count(*) FROM
        (SELECT id FROM added UNION SELECT id FROM updated
         UNION SELECT room_id FROM removed UNION SELECT room_id FROM put) changed";

/// Returns how many were added or changed. Their participants must exist.
pub(crate) async fn rooms(connection: &mut PgConnection, rooms: &[NewRoom]) -> Result<u64, Error> {
    let (mut room_ids, mut brand_ids, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for room in rooms {
        for (position, brand) in (0_i32..).zip(&room.participants) {
            room_ids.push(room.id.0);
            brand_ids.push(brand.0);
            positions.push(position);
        }
    }
    let kinds = rooms.iter().map(|room| room.kind.as_str());
    let pens = rooms.iter().map(|room| room.pen.as_str());
    let count: i64 = sqlx::query_scalar(ROOMS)
        .bind(rooms.iter().map(|room| room.id.0).collect::<Vec<_>>())
        .bind(room_ids)
        .bind(brand_ids)
        .bind(positions)
        .bind(kinds.collect::<Vec<_>>())
        .bind(pens.collect::<Vec<_>>())
        .bind(rooms.iter().map(|room| room.frozen).collect::<Vec<_>>())
        .fetch_one(connection)
        .await?;
    Ok(count.unsigned_abs())
}
