//! The schema that has our tables, or in which they will be made.

use sqlx::{Error, PgConnection, Row, postgres::PgRow, raw_sql};

/// What is to be known of the schema to which the `search_path` leads. `others`: tables there
/// that have the names of ours, if ours are not there.
pub(super) const SCHEMA: &str = "
    SELECT quote_ident(current_user) AS role, quote_ident(current_schema()) AS name,
        COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
        is_ours, ARRAY(
            SELECT relname::text FROM pg_class
            WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT is_ours
              AND relname IN ('users', 'brands', 'rooms', 'participants', 'messages', 'events',
                              'reading_marks', 'removed', 'revisions')
            ORDER BY 1
        ) AS others
    FROM (SELECT EXISTS (
        SELECT FROM pg_class WHERE relname = 'revisions' AND relkind = 'S'
          AND relnamespace = to_regnamespace(quote_ident(current_schema()))
    ) AS is_ours) ours";

/// Our tables cannot be made there, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPlace(String);

/// The schema of a connection.
pub(super) struct Schema {
    pub(super) role: String,
    /// `None`: the role may use none.
    pub(super) name: Option<String>,
    pub(super) may_create: bool,
    /// It has our tables.
    pub(super) is_ours: bool,
    others: Vec<String>,
}

impl Schema {
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, Error> {
        Self::of(&raw_sql(SCHEMA).fetch_one(connection).await?)
    }

    /// From the row of [`SCHEMA`].
    pub(super) fn of(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            role: row.try_get("role")?,
            name: row.try_get("name")?,
            may_create: row.try_get("may_create")?,
            is_ours: row.try_get("is_ours")?,
            others: row.try_get("others")?,
        })
    }

    /// Tables of others have the names of ours.
    pub(super) fn taken(&self) -> Option<NoPlace> {
        let others = Some(self.others.join(", ")).filter(|others| !others.is_empty())?;
        let (schema, own) = (self.name.as_deref()?, self.own());
        Some(NoPlace(format!(
            "the schema {schema} has other tables with the names of those of the chat ({others}): \
             give the role {} a schema of its own, {own}",
            self.role
        )))
    }

    /// Why our tables, which are not there, cannot be made.
    pub(super) fn obstacle(&self) -> Option<NoPlace> {
        let (role, own) = (&self.role, self.own());
        match &self.name {
            None => Some(NoPlace(format!(
                "the role {role} may use no schema of the database: if the tables of the chat are \
                 in the schema public, `GRANT USAGE ON SCHEMA public TO {role}`, else give it a \
                 schema of its own, {own}"
            ))),
            Some(schema) if !self.may_create && !self.is_ours => Some(NoPlace(format!(
                "the role {role} may not create tables in the schema {schema}: give it a schema \
                 of its own, {own}"
            ))),
            Some(_) => self.taken(),
        }
    }

    fn own(&self) -> String {
        let role = &self.role;
        format!("as the owner of the database: `CREATE SCHEMA {role} AUTHORIZATION {role}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_says_what_to_create() {
        let schema = |name: Option<&str>, may_create, others: &[&str]| Schema {
            role: "aftermatch".to_owned(),
            name: name.map(str::to_owned),
            may_create,
            is_ours: false,
            others: others.iter().map(|&name| name.to_owned()).collect(),
        };
        assert_eq!(schema(Some("aftermatch"), true, &[]).obstacle(), None);
        for (schema, part) in [
            (schema(None, false, &[]), "may use no schema"),
            (
                schema(Some("public"), false, &["users"]),
                "in the schema public",
            ),
            (
                schema(Some("public"), true, &["rooms", "users"]),
                "(rooms, users)",
            ),
        ] {
            let sentence = schema.obstacle().expect("a reason").to_string();
            assert!(sentence.contains(part), "{part}: {sentence}");
            let advice = "`CREATE SCHEMA aftermatch AUTHORIZATION aftermatch`";
            assert!(sentence.ends_with(advice), "{sentence}");
        }
    }
}
