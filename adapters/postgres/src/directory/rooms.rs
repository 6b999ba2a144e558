use std::sync::Arc;

use aftermatch_ports::{
    MAX_UNREAD, Page, Read, RoomSummary, Rooms, Scope, StoreError,
    model::{Brand, BrandId, Profile, Revision, Room, RoomId, Seq},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};

use crate::{
    directory::{people, tariff},
    epoch::{self, EpochRow},
    error::unavailable,
    log::message_row::{self, MessageRow},
    moment::Moment,
    store::Postgres,
};

/// The participants of a room `r`, in their order, as one array for each of their
/// columns: a room is one row, however many participants it has.
macro_rules! participants {
    () => {
        " LEFT JOIN LATERAL (
            SELECT array_agg(id) AS brands, array_agg(tariff) AS tariffs,
                   array_agg(tariff_until) AS tariffs_until, array_agg(profile) AS profiles
            FROM (
                SELECT b.id, b.tariff, b.tariff_until, b.profile::text AS profile
                FROM participants JOIN brands b ON b.id = brand_id
                WHERE room_id = r.id ORDER BY position
            ) b
         ) p ON true "
    };
}

const ROOM: &str = concat!(
    "SELECT r.id, r.revision, ",
    epoch::columns!(),
    ", p.* FROM rooms r",
    participants!(),
    "WHERE r.id = $1"
);

/// A page of rooms: those after $1, at most $2.
macro_rules! page {
    ($which:literal, $unread:literal) => {
        concat!(
            "SELECT r.id, r.revision, ",
            epoch::columns!(),
            ", p.*, r.last_seq, l.*, ",
            $unread,
            " AS unread FROM (",
            $which,
            ") r",
            participants!(),
            "LEFT JOIN LATERAL (
                SELECT ",
            message_row::columns!(),
            "   FROM messages m JOIN ",
            people::author!(),
            " WHERE m.room_id = r.id AND m.deleted_at IS NULL
                ORDER BY m.seq DESC LIMIT 1
             ) l ON true
             ORDER BY r.id"
        )
    };
}

const ALL: &str = page!(
    "SELECT id, revision, epoch, last_seq FROM rooms WHERE id > $1 ORDER BY id LIMIT $2",
    "NULL::bigint"
);

/// $3 the brand, $4 the reader, $5 how many messages are counted at most. The lateral
/// join looks each room up by its key; a plain join might read the whole table.
const OF_BRAND: &str = page!(
    "SELECT r.* FROM (
        SELECT room_id FROM participants
        WHERE brand_id = $3 AND room_id > $1 ORDER BY room_id LIMIT $2
     ) p CROSS JOIN LATERAL (
        SELECT id, revision, epoch, last_seq FROM rooms WHERE id = p.room_id LIMIT 1
     ) r",
    "(SELECT count(*) FROM (
        SELECT FROM messages
        WHERE room_id = r.id AND deleted_at IS NULL AND user_id <> $4 AND seq > COALESCE(
            (SELECT seq FROM reading_marks WHERE room_id = r.id AND user_id = $4), 0
        ) LIMIT $5
      ) unread)"
);

#[derive(FromRow)]
struct RoomRow {
    id: i64,
    revision: i64,
    #[sqlx(flatten)]
    epoch: EpochRow,
    /// Null, like the other arrays, for a room without participants.
    brands: Option<Vec<i64>>,
    tariffs: Option<Vec<Option<String>>>,
    tariffs_until: Option<Vec<Option<Moment>>>,
    profiles: Option<Vec<String>>,
}

#[derive(FromRow)]
struct OverviewRow {
    #[sqlx(flatten)]
    room: RoomRow,
    last_seq: i64,
    unread: Option<i64>,
    #[sqlx(flatten)]
    last_message: MessageRow,
}

#[async_trait]
impl Rooms for Postgres {
    async fn room(&self, id: RoomId, read: Read) -> Result<Option<Arc<Room>>, StoreError> {
        if read == Read::Cached
            && let Some(room) = self.rooms.get(&id)
        {
            return Ok(Some(room));
        }
        let room = find(self, id).await.map_err(unavailable)?;
        self.rooms.put(id, room.as_ref());
        Ok(room)
    }

    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, StoreError> {
        list(self, scope, page).await.map_err(unavailable)
    }
}

#[tracing::instrument(name = "db.room.find", level = "debug", skip_all, fields(room.id = id.0))]
async fn find(store: &Postgres, id: RoomId) -> Result<Option<Arc<Room>>, Error> {
    let query = sqlx::query_as::<_, RoomRow>(ROOM).bind(id.0);
    let row = store
        .with_timeout(query.fetch_optional(&store.pool))
        .await?;
    row.map(RoomRow::room).transpose()
}

#[tracing::instrument(name = "db.room.list", level = "debug", skip_all, fields(limit = page.limit))]
async fn list(store: &Postgres, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, Error> {
    let query = sqlx::query_as::<_, OverviewRow>(match scope {
        Scope::All => ALL,
        Scope::Brand { .. } => OF_BRAND,
    });
    let query = query
        .bind(page.after.map_or(i64::MIN, |room| room.0))
        .bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
    let query = match scope {
        Scope::All => query,
        Scope::Brand { brand, reader } => query
            .bind(brand.0)
            .bind(reader.0)
            .bind(i64::try_from(MAX_UNREAD).unwrap_or(i64::MAX)),
    };
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let overviews = rows.into_iter().map(|row| {
        Ok(RoomSummary {
            room: row.room.room()?,
            last_seq: Seq(row.last_seq),
            unread: row.unread.map(i64::unsigned_abs),
            last_message: row.last_message.message(),
        })
    });
    overviews.collect()
}

impl RoomRow {
    fn room(self) -> Result<Arc<Room>, Error> {
        let brands = self.brands.into_iter().flatten();
        let tariffs = self.tariffs.into_iter().flatten();
        let ends = self.tariffs_until.into_iter().flatten();
        let profiles = self.profiles.into_iter().flatten();
        let participants = brands.zip(tariffs).zip(ends.zip(profiles));
        let participants = participants.map(|((id, tariff), (until, profile))| {
            Arc::new(Brand {
                id: BrandId(id),
                tariff: tariff::decode(id, tariff.as_deref()),
                tariff_until: until.and_then(Moment::end),
                profile: Profile::new(profile),
            })
        });
        Ok(Arc::new(Room {
            id: RoomId(self.id),
            revision: Revision(self.revision),
            epoch: self.epoch.epoch()?,
            participants: participants.collect(),
        }))
    }
}
