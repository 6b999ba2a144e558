//! The platform's own changes: plain SQL that knows nothing of the service.

use aftermatch_ports::model::{
    RoomId, Tariff,
    world::{NewBrand, NewRoom, NewUser},
};
use sqlx::PgPool;
use time::OffsetDateTime;

/// Changes users, brands and rooms while a service runs on the same database.
#[derive(Debug, Clone)]
pub struct Platform(PgPool);

impl Platform {
    /// Connects to a migrated database.
    pub async fn connect(url: &str) -> Self {
        Self(
            PgPool::connect(url)
                .await
                .expect("the database can be reached"),
        )
    }

    /// Its connections, for statements that have no method here.
    pub fn pool(&self) -> &PgPool {
        &self.0
    }

    /// Inserts or replaces a user.
    pub async fn put_user(&self, user: NewUser) {
        let put = "INSERT INTO users (id, active, admin, profile) VALUES ($1, $2, $3, $4::json)
            ON CONFLICT (id) DO UPDATE SET active = $2, admin = $3, profile = $4::json";
        sqlx::query(put)
            .bind(user.id.0)
            .bind(user.active)
            .bind(user.admin)
            .bind(user.profile.as_str())
            .execute(&self.0)
            .await
            .expect("the user is put");
    }

    /// Inserts or replaces a brand whose owner is there.
    pub async fn put_brand(&self, brand: NewBrand) {
        let put = "INSERT INTO brands (id, user_id, tariff, tariff_until, profile)
            VALUES ($1, $2, $3, $4, $5::json)
            ON CONFLICT (id) DO UPDATE
            SET user_id = $2, tariff = $3, tariff_until = $4, profile = $5::json";
        let tariff = brand.tariff.map(|tariff| match tariff {
            Tariff::Light => "light",
            Tariff::Comfort => "comfort",
            Tariff::Business => "business",
        });
        sqlx::query(put)
            .bind(brand.id.0)
            .bind(brand.owner.0)
            .bind(tariff)
            .bind(brand.tariff_until.map(OffsetDateTime::from))
            .bind(brand.profile.as_str())
            .execute(&self.0)
            .await
            .expect("the brand is put");
    }

    /// Inserts or replaces a room whose participants are there.
    pub async fn put_room(&self, room: NewRoom) {
        let brands: Vec<_> = room.participants.iter().map(|brand| brand.0).collect();
        let mut transaction = self.0.begin().await.expect("a transaction");
        let defer = sqlx::query("SET CONSTRAINTS ALL DEFERRED");
        defer
            .execute(&mut *transaction)
            .await
            .expect("no constraint is in the way");
        let insert = "INSERT INTO rooms (id, kind, pen, frozen) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO UPDATE SET kind = $2, pen = $3, frozen = $4";
        let insert = sqlx::query(insert)
            .bind(room.id.0)
            .bind(room.kind.as_str())
            .bind(room.pen.as_str())
            .bind(room.frozen);
        insert
            .execute(&mut *transaction)
            .await
            .expect("the room is there");
        for change in [
            "DELETE FROM participants WHERE room_id = $1 AND brand_id <> ALL ($2)",
            "INSERT INTO participants (room_id, brand_id, position)
             SELECT $1, brand, place - 1
             FROM UNNEST($2::bigint[]) WITH ORDINALITY AS t(brand, place)
             ON CONFLICT (room_id, brand_id) DO UPDATE SET position = EXCLUDED.position",
        ] {
            let change = sqlx::query(change).bind(room.id.0).bind(&brands);
            change
                .execute(&mut *transaction)
                .await
                .expect("the participants are put");
        }
        transaction.commit().await.expect("the room is put");
    }

    /// Removes a room and its messages.
    pub async fn remove_room(&self, room: RoomId) {
        let remove = sqlx::query("DELETE FROM rooms WHERE id = $1").bind(room.0);
        remove.execute(&self.0).await.expect("the room is removed");
    }
}
