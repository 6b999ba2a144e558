use std::sync::Arc;

use aftermatch_ports::{
    Page, Read, Rooms, Unavailable,
    model::{Brand, BrandId, Profile, Revision, Room, RoomId},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};
use time::OffsetDateTime;

use crate::{Postgres, error::unavailable, tariff};

/// One row for each participant; one without a brand for a room without any.
macro_rules! rooms {
    ($which:literal) => {
        concat!(
            "SELECT r.id, r.revision, b.id AS brand, b.tariff, b.tariff_until,
                    b.profile::text AS profile
             FROM rooms r
             LEFT JOIN participants p ON p.room_id = r.id
             LEFT JOIN brands b ON b.id = p.brand_id
             WHERE r.id ",
            $which,
            " ORDER BY r.id, p.position"
        )
    };
}

const ROOM: &str = rooms!("= $1");
const ALL: &str = rooms!("IN (SELECT id FROM rooms WHERE id > $1 ORDER BY id LIMIT $2)");
const OF_BRAND: &str = rooms!(
    "IN (SELECT room_id FROM participants
         WHERE brand_id = $3 AND room_id > $1 ORDER BY room_id LIMIT $2)"
);

#[derive(FromRow)]
struct Row {
    id: i64,
    revision: i64,
    brand: Option<i64>,
    tariff: Option<String>,
    tariff_until: Option<OffsetDateTime>,
    profile: Option<String>,
}

#[async_trait]
impl Rooms for Postgres {
    async fn room(&self, id: RoomId, read: Read) -> Result<Option<Arc<Room>>, Unavailable> {
        if read == Read::Cached
            && let Some(room) = self.rooms.get(&id)
        {
            return Ok(Some(room));
        }
        let rows = sqlx::query_as::<_, Row>(ROOM)
            .bind(id.0)
            .fetch_all(&self.pool);
        let rows = self.in_time(rows).await.map_err(unavailable)?;
        let room = together(rows).map_err(unavailable)?.pop();
        self.rooms.put(id, room.as_ref());
        Ok(room)
    }

    async fn rooms(
        &self,
        brand: Option<BrandId>,
        page: Page,
    ) -> Result<Vec<Arc<Room>>, Unavailable> {
        let after = page.after.map_or(i64::MIN, |room| room.0);
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
        let query = sqlx::query_as::<_, Row>(if brand.is_some() { OF_BRAND } else { ALL });
        let query = query.bind(after).bind(limit);
        let query = match brand {
            Some(brand) => query.bind(brand.0),
            None => query,
        };
        let rows = self
            .in_time(query.fetch_all(&self.pool))
            .await
            .map_err(unavailable)?;
        together(rows).map_err(unavailable)
    }
}

/// Puts the rows of each room together.
fn together(rows: Vec<Row>) -> Result<Vec<Arc<Room>>, Error> {
    let mut rooms: Vec<Room> = Vec::new();
    for row in rows {
        let room = match rooms.pop_if(|room| room.id.0 == row.id) {
            Some(room) => room,
            None => Room {
                id: RoomId(row.id),
                revision: Revision(row.revision),
                participants: Vec::new(),
            },
        };
        rooms.push(with_participant(room, row)?);
    }
    Ok(rooms.into_iter().map(Arc::new).collect())
}

fn with_participant(mut room: Room, row: Row) -> Result<Room, Error> {
    if let (Some(id), Some(profile)) = (row.brand, row.profile) {
        room.participants.push(Arc::new(Brand {
            id: BrandId(id),
            tariff: tariff::read(row.tariff.as_deref())?,
            tariff_until: row.tariff_until.map(Into::into),
            profile: Profile::new(profile),
        }));
    }
    Ok(room)
}
