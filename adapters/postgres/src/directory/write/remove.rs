use aftermatch_ports::{
    Removal,
    model::{BrandId, InvalidReference, RecordId, UserId},
};
use sqlx::{Error, PgConnection};

use super::Change;

/// What keeps the user $1.
const REFERENCES: &str = "
    SELECT (SELECT id FROM brands WHERE user_id = $1) AS brand,
           EXISTS (SELECT FROM messages WHERE user_id = $1) AS has_written";

impl Change for RecordId {
    type Done = Removal;

    async fn run(&self, connection: &mut PgConnection) -> Result<Removal, Error> {
        if let RecordId::User(user) = *self
            && let Some(refused) = references(connection, user).await?
        {
            return Ok(Removal::Refused(refused));
        }
        // Triggers and foreign keys do the rest.
        let (sql, id) = match *self {
            RecordId::User(user) => ("DELETE FROM users WHERE id = $1", user.0),
            RecordId::Brand(brand) => ("DELETE FROM brands WHERE id = $1", brand.0),
            RecordId::Room(room) => ("DELETE FROM rooms WHERE id = $1", room.0),
        };
        let deleted = sqlx::query(sql).bind(id).execute(connection).await?;
        Ok(match deleted.rows_affected() {
            0 => Removal::Absent,
            _ => Removal::Removed,
        })
    }
}

async fn references(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Option<InvalidReference>, Error> {
    let (brand, has_written): (Option<i64>, bool) = sqlx::query_as(REFERENCES)
        .bind(user.0)
        .fetch_one(connection)
        .await?;
    if let Some(brand) = brand {
        let brand = BrandId(brand);
        return Ok(Some(InvalidReference::UserOwnsBrand { user, brand }));
    }
    Ok(has_written.then_some(InvalidReference::UserHasWritten { user }))
}
