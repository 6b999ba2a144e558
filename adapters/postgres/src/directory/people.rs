use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::{
    People, Read, StoreError,
    model::{Author, BrandId, Profile, Revision, User, UserId},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};

use crate::{error::unavailable, store::Postgres};

const USERS: &str = "
    SELECT u.id, u.revision, u.active, u.admin, u.profile::text AS profile, b.id AS brand
    FROM users u LEFT JOIN brands b ON b.user_id = u.id
    WHERE u.id = ANY ($1)";

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
    id: i64,
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
        let find = |ids| find(self, ids);
        let user = self.users_now.read(id, self.deadline(), find).await;
        let user = user.map_err(unavailable)?;
        self.users.put(id, user.as_ref());
        Ok(user)
    }
}

/// Those of the users that exist.
#[tracing::instrument(name = "db.user.find", level = "debug", skip_all, fields(users = ids.len()))]
async fn find(store: &Postgres, ids: Vec<UserId>) -> Result<HashMap<UserId, Arc<User>>, Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
    let query = sqlx::query_as::<_, UserRow>(USERS).bind(ids);
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    Ok(rows.into_iter().map(UserRow::user).collect())
}

impl UserRow {
    fn user(self) -> (UserId, Arc<User>) {
        let id = UserId(self.id);
        let user = User {
            id,
            revision: Revision(self.revision),
            active: self.active,
            admin: self.admin,
            brand: self.brand.map(BrandId),
            profile: Profile::new(self.profile),
        };
        (id, Arc::new(user))
    }
}
