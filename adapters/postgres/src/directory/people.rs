use std::sync::Arc;

use aftermatch_ports::{
    People, Read, StoreError,
    model::{Author, BrandId, Profile, Revision, User, UserId},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};

use crate::{error::unavailable, store::Postgres};

const USER: &str = "
    SELECT u.revision, u.active, u.admin, u.profile::text AS profile, b.id AS brand
    FROM users u LEFT JOIN brands b ON b.user_id = u.id
    WHERE u.id = $1";

/// The author `u` of a message `m`, for a join.
macro_rules! author {
    () => {
        "users u ON u.id = m.user_id"
    };
}
pub(crate) use author;

/// Who did something in the past. A user that no longer exists has no profile.
pub(crate) fn of_past(id: i64, profile: Option<String>) -> Author {
    Author {
        id: UserId(id),
        profile: Profile::new(profile.unwrap_or_else(|| "{}".to_owned())),
    }
}

/// The participants `p` of rooms, each with its brand `b`.
macro_rules! owners {
    () => {
        "participants p JOIN brands b ON b.id = p.brand_id"
    };
}
pub(crate) use owners;

/// Whether there is no user `$id`.
macro_rules! is_missing {
    ($id:literal) => {
        concat!("NOT EXISTS (SELECT FROM users WHERE id = ", $id, ")")
    };
}
pub(crate) use is_missing;

#[derive(FromRow)]
struct UserRow {
    revision: i64,
    active: bool,
    admin: bool,
    profile: String,
    brand: Option<i64>,
}

#[async_trait]
impl People for Postgres {
    async fn user(&self, id: UserId, read: Read) -> Result<Option<Arc<User>>, StoreError> {
        if read == Read::Cached
            && let Some(user) = self.users.get(&id)
        {
            return Ok(Some(user));
        }
        let user = find(self, id).await.map_err(unavailable)?;
        self.users.put(id, user.as_ref());
        Ok(user)
    }
}

#[tracing::instrument(name = "db.user.find", level = "debug", skip_all, fields(user.id = id.0))]
async fn find(store: &Postgres, id: UserId) -> Result<Option<Arc<User>>, Error> {
    let query = sqlx::query_as::<_, UserRow>(USER).bind(id.0);
    let row = store
        .with_timeout(query.fetch_optional(&store.pool))
        .await?;
    Ok(row.map(|row| {
        Arc::new(User {
            id,
            revision: Revision(row.revision),
            active: row.active,
            admin: row.admin,
            brand: row.brand.map(BrandId),
            profile: Profile::new(row.profile),
        })
    }))
}
