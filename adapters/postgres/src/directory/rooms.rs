use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::{
    MAX_UNREAD, Page, Read, RoomState, RoomSummary, Rooms, Scope, StoreError,
    model::{Brand, BrandId, Profile, Revision, Room, RoomId, Seq, UserId},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};

use crate::{
    directory::{people, room_words, tariff},
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

const ROOMS: &str = concat!(
    "SELECT r.id, r.revision, r.kind, r.pen, r.frozen, ",
    epoch::columns!(),
    ", p.* FROM rooms r",
    participants!(),
    "WHERE r.id = ANY ($1)"
);

/// The summaries of the rooms `$which`, in this order. Each has a `reader`, which may be
/// null; $1 is how many messages are counted at most.
macro_rules! summaries {
    ($which:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $order,
            " AS position, r.id, r.revision, r.kind, r.pen, r.frozen, ",
            epoch::columns!(),
            ", p.*, r.last_seq, l.*, CASE WHEN reader IS NOT NULL THEN (
                SELECT count(*) FROM (
                    SELECT FROM messages
                    WHERE room_id = r.id AND deleted_at IS NULL AND user_id <> reader
                      AND seq > COALESCE(read.seq, 0)
                    LIMIT $1
                ) unread
             ) END AS unread, CASE WHEN reader IS NOT NULL THEN COALESCE(read.seq, 0) END AS read_seq
             FROM (",
            $which,
            ") r",
            participants!(),
            "LEFT JOIN LATERAL (
                SELECT seq FROM reading_marks WHERE room_id = r.id AND user_id = reader LIMIT 1
             ) read ON true
             LEFT JOIN LATERAL (
                SELECT ",
            message_row::columns!(),
            "   FROM messages m JOIN ",
            people::author!(),
            " WHERE m.room_id = r.id AND m.deleted_at IS NULL
                ORDER BY m.seq DESC LIMIT 1
             ) l ON true
             ORDER BY ",
            $order
        )
    };
}

/// A page: rooms after $2, at most $3.
const ALL: &str = summaries!(
    "SELECT id, revision, kind, pen, frozen, epoch, last_seq, NULL::bigint AS reader
     FROM rooms WHERE id > $2 ORDER BY id LIMIT $3",
    "r.id"
);

/// The same for the brand $4 and the reader $5. The lateral join looks each room up by its
/// key; a plain join might read the whole table.
const OF_BRAND: &str = summaries!(
    "SELECT r.*, $5 AS reader FROM (
        SELECT room_id FROM participants
        WHERE brand_id = $4 AND room_id > $2 ORDER BY room_id LIMIT $3
     ) p CROSS JOIN LATERAL (
        SELECT id, revision, kind, pen, frozen, epoch, last_seq
        FROM rooms WHERE id = p.room_id LIMIT 1
     ) r",
    "r.id"
);

/// The rooms $2, each for its reader of $3.
const THESE: &str = summaries!(
    "SELECT r.*, e.reader, e.position
     FROM UNNEST($2::bigint[], $3::bigint[]) WITH ORDINALITY AS e(room_id, reader, position)
     CROSS JOIN LATERAL (
        SELECT id, revision, kind, pen, frozen, epoch, last_seq
        FROM rooms WHERE id = e.room_id LIMIT 1
     ) r",
    "r.position"
);

const ALL_STATES: &str = "SELECT id, last_seq, revision FROM rooms";

/// Of the brands $1, each for its reader of $2.
const STATES_OF_BRANDS: &str = "
    SELECT e.brand, e.reader, r.id, r.last_seq, COALESCE(
        (SELECT seq FROM reading_marks WHERE room_id = r.id AND user_id = e.reader), 0
    ) AS read_seq, r.revision
    FROM UNNEST($1::bigint[], $2::bigint[]) AS e(brand, reader)
    CROSS JOIN LATERAL (SELECT room_id FROM participants WHERE brand_id = e.brand) p
    CROSS JOIN LATERAL (SELECT id, last_seq, revision FROM rooms WHERE id = p.room_id LIMIT 1) r";

const PARTICIPANTS: &str = "
    SELECT room_id, brand_id FROM participants WHERE room_id = ANY ($1)";

const OF_BRANDS: &str = "
    SELECT room_id, brand_id FROM participants WHERE brand_id = ANY ($1)";

#[derive(FromRow)]
struct RoomRow {
    id: i64,
    revision: i64,
    kind: String,
    pen: String,
    frozen: bool,
    #[sqlx(flatten)]
    epoch: EpochRow,
    /// Null, like the other arrays, for a room without participants.
    brands: Option<Vec<i64>>,
    tariffs: Option<Vec<Option<String>>>,
    tariffs_until: Option<Vec<Option<Moment>>>,
    profiles: Option<Vec<String>>,
}

#[derive(FromRow)]
struct SummaryRow {
    position: i64,
    #[sqlx(flatten)]
    room: RoomRow,
    last_seq: i64,
    unread: Option<i64>,
    read_seq: Option<i64>,
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
        let find = |ids| find(self, ids);
        let room = self.rooms_now.read(id, self.deadline(), find).await;
        let room = room.map_err(unavailable)?;
        self.rooms.put(id, room.as_ref());
        Ok(room)
    }

    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, StoreError> {
        list(self, scope, page).await.map_err(unavailable)
    }

    async fn summaries(
        &self,
        of: Vec<(RoomId, Scope)>,
    ) -> Result<Vec<Option<RoomSummary>>, StoreError> {
        summaries(self, &of).await.map_err(unavailable)
    }

    async fn states(
        &self,
        scopes: Vec<Scope>,
    ) -> Result<Vec<(Scope, RoomId, RoomState)>, StoreError> {
        states(self, &scopes).await.map_err(unavailable)
    }

    async fn participants(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, BrandId)>, StoreError> {
        let rooms = rooms.into_iter().map(|room| room.0).collect();
        let pairs = participants(self, PARTICIPANTS, rooms).await;
        pairs.map_err(unavailable)
    }

    async fn of_brands(&self, brands: Vec<BrandId>) -> Result<Vec<(RoomId, BrandId)>, StoreError> {
        let brands = brands.into_iter().map(|brand| brand.0).collect();
        let pairs = participants(self, OF_BRANDS, brands).await;
        pairs.map_err(unavailable)
    }
}

/// Those of the rooms that exist.
#[tracing::instrument(name = "db.room.find", level = "debug", skip_all, fields(rooms = ids.len()))]
async fn find(store: &Postgres, ids: Vec<RoomId>) -> Result<HashMap<RoomId, Arc<Room>>, Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
    let query = sqlx::query_as::<_, RoomRow>(ROOMS).bind(ids);
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let rooms = rows
        .into_iter()
        .map(|row| Ok((RoomId(row.id), row.room()?)));
    rooms.collect()
}

#[tracing::instrument(name = "db.room.list", level = "debug", skip_all, fields(limit = page.limit))]
async fn list(store: &Postgres, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, Error> {
    let query = || {
        let query = sqlx::query_as::<_, SummaryRow>(match scope {
            Scope::All => ALL,
            Scope::Brand { .. } => OF_BRAND,
        });
        let query = query
            .bind(max_unread())
            .bind(page.after.map_or(i64::MIN, |room| room.0))
            .bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
        match scope {
            Scope::All => query,
            Scope::Brand { brand, reader } => query.bind(brand.0).bind(reader.0),
        }
    };
    let rows = store.fetch_all(query).await?;
    rows.into_iter().map(SummaryRow::summary).collect()
}

#[tracing::instrument(
    name = "db.room.list_summaries",
    level = "debug",
    skip_all,
    fields(rooms = of.len())
)]
async fn summaries(
    store: &Postgres,
    of: &[(RoomId, Scope)],
) -> Result<Vec<Option<RoomSummary>>, Error> {
    let rooms: Vec<_> = of.iter().map(|(room, _)| room.0).collect();
    let readers = of.iter().map(|(_, scope)| Some(scope.reader()?.0));
    let query = sqlx::query_as::<_, SummaryRow>(THESE)
        .bind(max_unread())
        .bind(rooms)
        .bind(readers.collect::<Vec<_>>());
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let mut rows = rows.into_iter().peekable();
    let summaries = (1..).zip(of).map(|(position, _)| {
        let row = rows.next_if(|row| row.position == position);
        row.map(SummaryRow::summary).transpose()
    });
    summaries.collect()
}

#[tracing::instrument(
    name = "db.room.list_states",
    level = "debug",
    skip_all,
    fields(scopes = scopes.len())
)]
async fn states(
    store: &Postgres,
    scopes: &[Scope],
) -> Result<Vec<(Scope, RoomId, RoomState)>, Error> {
    let (mut brands, mut readers) = (Vec::new(), Vec::new());
    let mut states = Vec::new();
    for scope in scopes {
        match scope {
            Scope::Brand { brand, reader } => {
                brands.push(brand.0);
                readers.push(reader.0);
            }
            Scope::All => {
                let query = sqlx::query_as::<_, (i64, i64, i64)>(ALL_STATES);
                let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
                let rows = rows.into_iter();
                states.extend(rows.map(|(room, last_seq, revision)| {
                    state(*scope, room, last_seq, None, revision)
                }));
            }
        }
    }
    if !brands.is_empty() {
        let query = sqlx::query_as::<_, (i64, i64, i64, i64, i64, i64)>(STATES_OF_BRANDS)
            .bind(brands)
            .bind(readers);
        let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
        states.extend(rows.into_iter().map(
            |(brand, reader, room, last_seq, read_seq, revision)| {
                let scope = Scope::Brand {
                    brand: BrandId(brand),
                    reader: UserId(reader),
                };
                state(scope, room, last_seq, Some(read_seq), revision)
            },
        ));
    }
    Ok(states)
}

fn state(
    scope: Scope,
    room: i64,
    last_seq: i64,
    read_seq: Option<i64>,
    revision: i64,
) -> (Scope, RoomId, RoomState) {
    let state = RoomState {
        last_seq: Seq(last_seq),
        read_seq: read_seq.map(Seq),
        revision: Revision(revision),
    };
    (scope, RoomId(room), state)
}

#[tracing::instrument(
    name = "db.participant.list",
    level = "debug",
    skip_all,
    fields(of = of.len())
)]
async fn participants(
    store: &Postgres,
    statement: &'static str,
    of: Vec<i64>,
) -> Result<Vec<(RoomId, BrandId)>, Error> {
    let query = sqlx::query_as::<_, (i64, i64)>(statement).bind(of);
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let pairs = rows.into_iter();
    let pairs = pairs.map(|(room, brand)| (RoomId(room), BrandId(brand)));
    Ok(pairs.collect())
}

fn max_unread() -> i64 {
    i64::try_from(MAX_UNREAD).unwrap_or(i64::MAX)
}

impl SummaryRow {
    fn summary(self) -> Result<RoomSummary, Error> {
        Ok(RoomSummary {
            room: self.room.room()?,
            last_seq: Seq(self.last_seq),
            unread: self.unread.map(i64::unsigned_abs),
            read_seq: self.read_seq.map(Seq),
            last_message: self.last_message.message(),
        })
    }
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
            kind: room_words::kind(self.id, &self.kind),
            pen: room_words::pen(self.id, &self.pen),
            frozen: self.frozen,
        }))
    }
}
