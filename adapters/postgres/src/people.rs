use std::sync::Arc;

use aftermatch_ports::{
    People, Read, Unavailable,
    model::{BrandId, Profile, Revision, User, UserId},
};
use async_trait::async_trait;
use sqlx::FromRow;

use crate::{Postgres, error::unavailable};

const USER: &str = "
    SELECT u.revision, u.active, u.admin, u.profile::text AS profile, b.id AS brand
    FROM users u LEFT JOIN brands b ON b.user_id = u.id
    WHERE u.id = $1";

#[derive(FromRow)]
struct Row {
    revision: i64,
    active: bool,
    admin: bool,
    profile: String,
    brand: Option<i64>,
}

#[async_trait]
impl People for Postgres {
    async fn user(&self, id: UserId, read: Read) -> Result<Option<Arc<User>>, Unavailable> {
        if read == Read::Cached
            && let Some(user) = self.users.get(&id)
        {
            return Ok(Some(user));
        }
        let row = sqlx::query_as::<_, Row>(USER)
            .bind(id.0)
            .fetch_optional(&self.pool);
        let row = self.in_time(row).await.map_err(unavailable)?;
        let user = row.map(|row| {
            Arc::new(User {
                id,
                revision: Revision(row.revision),
                active: row.active,
                admin: row.admin,
                brand: row.brand.map(BrandId),
                profile: Profile::new(row.profile),
            })
        });
        self.users.put(id, user.as_ref());
        Ok(user)
    }
}
