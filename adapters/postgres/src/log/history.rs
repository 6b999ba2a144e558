//! The messages of a room, page by page.

use std::ops::RangeInclusive;

use aftermatch_ports::{
    DeltaSince, FoundPiece, History, HistoryPage, HistoryRange, Log, MAX_PAGED, PIECE_BYTES,
    StoreError,
    model::{Message, RoomDelta, RoomId, SearchWords, Seq},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};

use crate::{
    directory::people,
    error::unavailable,
    log::{
        delta,
        message_row::{self, MessageRow},
        search,
    },
    store::Postgres,
};

/// A page of the messages of room $1 that are not deleted: those before or after
/// $2, at most $3, and, after the first one, at most $4 bytes of text and attachments. Whether there are more is looked up from both
/// ends of the page, by the index: a room may begin or end with many deleted messages.
macro_rules! page {
    ($start:literal, $order:literal) => {
        concat!(
            "WITH picked AS MATERIALIZED (
                SELECT * FROM (
                    SELECT *, row_number() OVER page AS nth,
                        sum(",
            message_row::bytes!("limited"),
            ") OVER page AS bytes
                    FROM (
                        SELECT * FROM messages
                        WHERE room_id = $1 AND deleted_at IS NULL AND seq ",
            $start,
            " ORDER BY seq ",
            $order,
            " LIMIT $3
                    ) limited
                    WINDOW page AS (ORDER BY seq ",
            $order,
            " ROWS UNBOUNDED PRECEDING)
                ) measured
                WHERE nth = 1 OR bytes <= $4
             )
             SELECT r.last_seq,
                 (SELECT true FROM messages
                  WHERE room_id = $1 AND deleted_at IS NULL
                    AND seq < (SELECT min(seq) FROM picked)
                  ORDER BY seq DESC LIMIT 1) IS NOT NULL AS older,
                 (SELECT true FROM messages
                  WHERE room_id = $1 AND deleted_at IS NULL
                    AND seq > (SELECT max(seq) FROM picked)
                  ORDER BY seq LIMIT 1) IS NOT NULL AS newer, ",
            message_row::columns!(),
            " FROM rooms r LEFT JOIN (picked m JOIN ",
            people::author!(),
            ") ON true
             WHERE r.id = $1
             ORDER BY m.seq"
        )
    };
}

const BEFORE: &str = page!("< $2", "DESC");
const AFTER: &str = page!("> $2", "");

/// The newest messages of room $1, of which at most $4 are counted: $3 of them, after
/// the first $2, and, after the first one, at most $5 bytes of text and attachments. All but these are read
/// from the index alone.
const NEWEST: &str = concat!(
    "WITH newest AS MATERIALIZED (
        SELECT seq FROM messages WHERE room_id = $1 AND deleted_at IS NULL
        ORDER BY seq DESC LIMIT $4
     ), picked AS MATERIALIZED (
        SELECT seq FROM newest ORDER BY seq DESC OFFSET $2 LIMIT $3
     )
     SELECT total.count, ",
    message_row::columns!(),
    " FROM (SELECT count(*) FROM newest) total LEFT JOIN ((
        SELECT m.*, row_number() OVER page AS nth, sum(",
    message_row::bytes!("m"),
    ") OVER page AS bytes
        FROM picked CROSS JOIN LATERAL (
            SELECT * FROM messages WHERE room_id = $1 AND seq = picked.seq LIMIT 1
        ) m
        WINDOW page AS (ORDER BY m.seq DESC ROWS UNBOUNDED PRECEDING)
     ) m JOIN ",
    people::author!(),
    ") ON m.nth = 1 OR m.bytes <= $5
     ORDER BY m.seq DESC"
);

#[async_trait]
impl History for Postgres {
    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError> {
        let head = self.head(room).await?;
        if head.is_some_and(|head| head.last_seq == since) {
            let delta = Some(RoomDelta::default());
            return Ok(DeltaSince { head, delta });
        }
        let delta = delta::since(self, room, since, limit).await;
        delta.map_err(unavailable)
    }

    async fn next_delta(
        &self,
        room: RoomId,
        since: Seq,
        events: RangeInclusive<Seq>,
    ) -> Result<DeltaSince, StoreError> {
        let delta = delta::next(self, room, since, events).await;
        delta.map_err(unavailable)
    }

    async fn history(
        &self,
        room: RoomId,
        range_of: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        let page = range(self, room, range_of, limit).await;
        page.map_err(unavailable)
    }

    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError> {
        page(self, room, skip, limit).await.map_err(unavailable)
    }

    async fn search(
        &self,
        room: RoomId,
        words: &SearchWords,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<FoundPiece, StoreError> {
        let found = search::run(self, room, words, before, limit).await;
        found.map_err(unavailable)
    }
}

#[derive(FromRow)]
struct PageRow {
    last_seq: i64,
    older: bool,
    newer: bool,
    #[sqlx(flatten)]
    message: MessageRow,
}

#[tracing::instrument(
    name = "db.message.list",
    level = "debug",
    skip_all,
    fields(room.id = room.0, limit)
)]
async fn range(
    store: &Postgres,
    room: RoomId,
    range: HistoryRange,
    limit: usize,
) -> Result<HistoryPage, Error> {
    let (statement, start) = match range {
        HistoryRange::Newest => (BEFORE, i64::MAX),
        HistoryRange::Before(seq) => (BEFORE, seq.0),
        HistoryRange::After(seq) => (AFTER, seq.0),
    };
    let query = || {
        sqlx::query_as::<_, PageRow>(statement)
            .bind(room.0)
            .bind(start)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(PIECE_BYTES).unwrap_or(i64::MAX))
    };
    let rows = store.fetch_all(query).await?;
    let mut page = HistoryPage {
        messages: Vec::new(),
        has_older: false,
        has_newer: false,
        last_seq: Seq::ZERO,
    };
    // These columns are the same in every row.
    if let Some(row) = rows.first() {
        page.has_older = row.older;
        page.has_newer = row.newer;
        page.last_seq = Seq(row.last_seq);
    }
    let messages = rows.into_iter().filter_map(|row| row.message.message());
    page.messages.extend(messages);
    Ok(page)
}

#[derive(FromRow)]
struct CountedRow {
    count: i64,
    #[sqlx(flatten)]
    message: MessageRow,
}

#[tracing::instrument(
    name = "db.message.list_newest",
    level = "debug",
    skip_all,
    fields(room.id = room.0, skip, limit)
)]
async fn page(
    store: &Postgres,
    room: RoomId,
    skip: u64,
    limit: usize,
) -> Result<(u64, Vec<Message>), Error> {
    let query = || {
        sqlx::query_as::<_, CountedRow>(NEWEST)
            .bind(room.0)
            .bind(i64::try_from(skip).unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(MAX_PAGED).unwrap_or(i64::MAX))
            .bind(i64::try_from(PIECE_BYTES).unwrap_or(i64::MAX))
    };
    let rows = store.fetch_all(query).await?;
    let count = rows.first().map_or(0, |row| row.count.unsigned_abs());
    let messages = rows.into_iter().filter_map(|row| row.message.message());
    Ok((count, messages.collect()))
}
