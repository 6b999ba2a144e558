use aftermatch_ports::{
    Put, PutCounts,
    model::{BrandId, InvalidReference, Records, RoomId, UserId},
};
use sqlx::{Error, PgConnection};

use super::{super::upsert, Change};

/// Of the brands $1 with the owners $2, those whose owner does not exist and is not among the
/// users $3, or has another brand that is not among them.
const OWNERS: &str = "
    SELECT g.id, g.owner, b.id AS owned
    FROM UNNEST($1::bigint[], $2::bigint[]) WITH ORDINALITY AS g(id, owner, nth)
    LEFT JOIN users u ON u.id = g.owner
    LEFT JOIN brands b ON b.user_id = g.owner AND b.id <> ALL ($1)
    WHERE b.id IS NOT NULL OR u.id IS NULL AND g.owner <> ALL ($3::bigint[])
    ORDER BY g.nth";

/// Of the rooms $1 with the participants $2, those that do not exist and are not among the
/// brands $3.
const PARTICIPANTS: &str = "
    SELECT g.room, g.brand
    FROM UNNEST($1::bigint[], $2::bigint[]) WITH ORDINALITY AS g(room, brand, nth)
    WHERE NOT EXISTS (SELECT FROM brands WHERE id = g.brand) AND g.brand <> ALL ($3::bigint[])
    ORDER BY g.nth";

/// How many there are of the users $1, the brands $2 and the rooms $3.
const EXISTING: &str = "
    SELECT (SELECT count(*) FROM users WHERE id = ANY ($1))
         + (SELECT count(*) FROM brands WHERE id = ANY ($2))
         + (SELECT count(*) FROM rooms WHERE id = ANY ($3))";

/// Two who put the same room come one after the other, and the second one sees what the first
/// one did.
const LOCK_ROOMS: &str = "SELECT FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

impl Change for Records {
    type Done = Put;

    async fn run(&self, connection: &mut PgConnection) -> Result<Put, Error> {
        let mut refused = owners(connection, self).await?;
        refused.extend(participants(connection, self).await?);
        if !refused.is_empty() {
            return Ok(Put::Refused(refused));
        }
        let existing: i64 = sqlx::query_scalar(EXISTING)
            .bind(user_ids(self))
            .bind(brand_ids(self))
            .bind(
                self.rooms()
                    .iter()
                    .map(|room| room.id.0)
                    .collect::<Vec<_>>(),
            )
            .fetch_one(&mut *connection)
            .await?;
        let mut touched = 0;
        if !self.users().is_empty() {
            touched += upsert::users(connection, self.users()).await?;
        }
        if !self.brands().is_empty() {
            touched += upsert::brands(connection, self.brands()).await?;
        }
        if !self.rooms().is_empty() {
            let ids: Vec<_> = self.rooms().iter().map(|room| room.id.0).collect();
            let lock = sqlx::query(LOCK_ROOMS).bind(ids);
            lock.execute(&mut *connection).await?;
            touched += upsert::rooms(connection, self.rooms()).await?;
        }
        let existing = usize::try_from(existing).unwrap_or_default();
        let created = self.len().saturating_sub(existing);
        let touched = usize::try_from(touched).unwrap_or_default();
        Ok(Put::Done(PutCounts {
            created,
            changed: touched.saturating_sub(created),
        }))
    }
}

fn user_ids(records: &Records) -> Vec<i64> {
    records.users().iter().map(|user| user.id.0).collect()
}

fn brand_ids(records: &Records) -> Vec<i64> {
    records.brands().iter().map(|brand| brand.id.0).collect()
}

async fn owners(
    connection: &mut PgConnection,
    records: &Records,
) -> Result<Vec<InvalidReference>, Error> {
    if records.brands().is_empty() {
        return Ok(Vec::new());
    }
    let owners = records.brands().iter().map(|brand| brand.owner.0);
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(OWNERS)
        .bind(brand_ids(records))
        .bind(owners.collect::<Vec<_>>())
        .bind(user_ids(records))
        .fetch_all(connection)
        .await?;
    let refused = rows.into_iter().map(|(brand, owner, owned)| {
        let (brand, owner) = (BrandId(brand), UserId(owner));
        match owned.map(BrandId) {
            None => InvalidReference::UnknownOwner { brand, owner },
            Some(owned) => InvalidReference::OwnerHasBrand {
                brand,
                owner,
                owned,
            },
        }
    });
    Ok(refused.collect())
}

async fn participants(
    connection: &mut PgConnection,
    records: &Records,
) -> Result<Vec<InvalidReference>, Error> {
    let pairs = records.rooms().iter().flat_map(|room| {
        let brands = room.participants.iter();
        brands.map(|brand| (room.id.0, brand.0))
    });
    let (rooms, brands): (Vec<_>, Vec<_>) = pairs.unzip();
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64)> = sqlx::query_as(PARTICIPANTS)
        .bind(rooms)
        .bind(brands)
        .bind(brand_ids(records))
        .fetch_all(connection)
        .await?;
    let refused = rows
        .into_iter()
        .map(|(room, brand)| InvalidReference::UnknownParticipant {
            room: RoomId(room),
            brand: BrandId(brand),
        });
    Ok(refused.collect())
}
