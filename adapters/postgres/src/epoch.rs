//! The epoch of a room's log, as statements of the pool read it.

use aftermatch_ports::model::{Epoch, LogHead, Seq};
use sqlx::{Error, FromRow};

/// The columns of an [`EpochRow`] of a room `r`. The store part is that of the
/// connection that runs the statement ([`session`](crate::session)).
macro_rules! columns {
    () => {
        "r.epoch, current_setting('aftermatch.store')::bigint AS store"
    };
}
pub(crate) use columns;

#[derive(FromRow)]
pub(crate) struct EpochRow {
    epoch: i64,
    store: i64,
}

impl EpochRow {
    pub(crate) fn epoch(&self) -> Result<Epoch, Error> {
        let store = u32::try_from(self.store).map_err(|error| Error::Decode(Box::new(error)))?;
        let room = self.epoch;
        Ok(Epoch { store, room })
    }
}

/// The columns of a [`HeadRow`] of a room `r`.
macro_rules! head {
    () => {
        concat!($crate::epoch::columns!(), ", r.last_seq")
    };
}
pub(crate) use head;

/// How far the log of a room goes.
#[derive(FromRow)]
pub(crate) struct HeadRow {
    #[sqlx(flatten)]
    epoch: EpochRow,
    pub(crate) last_seq: i64,
}

impl HeadRow {
    pub(crate) fn head(&self) -> Result<LogHead, Error> {
        Ok(LogHead {
            epoch: self.epoch.epoch()?,
            last_seq: Seq(self.last_seq),
        })
    }
}
