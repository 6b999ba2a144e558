use aftermatch_ports::model::World;
use sqlx::{Error, PgConnection};

use super::progress::{Progress, chunks};
use crate::directory::upsert;

pub(super) async fn users(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for users in chunks("users", world.users(), progress) {
        changed += upsert::users(&mut *connection, users).await?;
    }
    Ok(changed)
}

pub(super) async fn brands(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for brands in chunks("brands", world.brands(), progress) {
        changed += upsert::brands(&mut *connection, brands).await?;
    }
    Ok(changed)
}

pub(super) async fn rooms(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, Error> {
    let mut changed = 0;
    for rooms in chunks("rooms", world.rooms(), progress) {
        changed += upsert::rooms(&mut *connection, rooms).await?;
    }
    Ok(changed)
}
