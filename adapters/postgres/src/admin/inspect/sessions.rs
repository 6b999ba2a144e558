//! Whether the settings of two connections last and do not mix, as in
//! [`Postgres::connect`](crate::Postgres::connect): invariant 4 of `session`.

use std::time::Duration;

use sqlx::{Connection, Error, postgres::PgConnectOptions};
use tokio::time::Instant;

use crate::{
    retry::before,
    session::{self, Settings},
};

pub(super) async fn verify(connect: &PgConnectOptions, limit: Duration) -> Result<(), Error> {
    let deadline = || Instant::now() + 2 * limit;
    let (writes, pool) = (Settings::of_writes(limit), Settings::of_pool(limit));
    let (mut first, store) = before(deadline(), session::open(connect, &writes)).await?;
    let (second, _) = before(deadline(), session::open(connect, &pool)).await?;
    before(deadline(), session::verify(&mut first, &writes, store)).await?;
    let closed = async {
        first.close().await?;
        second.close().await
    };
    before(deadline(), closed).await
}
