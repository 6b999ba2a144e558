//! The schema that has our tables, or in which they will be made.

use sqlx::{Error, PgConnection, Row, postgres::PgRow, raw_sql};

/// What is to be known of the schema to which the `search_path` leads. `others`: tables there
/// that have the names of ours, if ours are not there. `closed`: one that has ours, to which the
/// `search_path` of a new connection would lead if the role might use it.
pub(super) const SCHEMA: &str = "
    SELECT quote_ident(current_user) AS role, quote_ident(current_schema()) AS name,
        COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
        is_ours, ARRAY(
            SELECT relname::text FROM pg_class
            WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT is_ours
              AND (
                relname IN ('users', 'brands', 'rooms', 'participants', 'messages', 'events',
                            'reading_marks', 'removed', 'revisions', 'arrivals',
                            'push_state', 'pushes', 'push_dead_letters', 'api_events')
                OR relname = '_sqlx_migrations' AND NOT has_any_column_privilege(oid, 'SELECT')
              )
            ORDER BY 1
        ) AS others, (
            SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
            WHERE relname = 'revisions' AND relkind = 'S' AND NOT is_ours
              AND NOT has_schema_privilege(n.oid, 'USAGE') AND EXISTS (
                SELECT FROM pg_settings, unnest(string_to_array(reset_val, ',')) named
                WHERE name = 'search_path' AND trim(named, ' \"') = ANY (ARRAY[
                    nspname, CASE nspname WHEN current_user THEN '$user' END
                ])
              )
            LIMIT 1
        ) AS closed
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
    closed: Option<String>,
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
            closed: row.try_get("closed")?,
        })
    }

    /// Why our tables are not to be looked for here: the role may not use the schema that has
    /// them, or tables of others have their names. `migration`: the newest one here, 0 for none.
    pub(super) fn wrong(&self, migration: i64) -> Option<NoPlace> {
        if let (role, Some(closed)) = (&self.role, &self.closed) {
            return Some(NoPlace(format!(
                "the tables of the chat are in the schema {closed}, which the role {role} may not \
                 use: as the owner of the schema, `GRANT USAGE ON SCHEMA {closed} TO {role}`"
            )));
        }
        if !self.others.is_empty() {
            return self.taken(&self.others.join(", "));
        }
        // Our first migration makes our sequence. If it fails, the table is there, and empty.
        let is_other = migration > 0 && !self.is_ours;
        is_other.then(|| self.taken("_sqlx_migrations")).flatten()
    }

    fn taken(&self, others: &str) -> Option<NoPlace> {
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
            Some(_) => self.wrong(0),
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
            closed: None,
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
