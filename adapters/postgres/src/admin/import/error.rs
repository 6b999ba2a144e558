use sqlx::Error;

/// Why a dataset was not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database is unreachable, or reported an error.
    #[error(transparent)]
    Database(#[from] Error),
    /// The database has other messages with these ids.
    #[error("{}", taken(.0))]
    Taken(Vec<i64>),
}

fn taken(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!(
        "the database has other messages (of another room or author) with the ids {}",
        ids.join(", ")
    )
}
