use sqlx::Error;

/// Why a world was not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database is unreachable, or reported an error.
    #[error(transparent)]
    Database(#[from] Error),
    /// The database has other messages with these ids.
    #[error("{}", conflicting(.0))]
    IdConflict(Vec<i64>),
}

fn conflicting(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!(
        "the database has other messages (of another room or author) with the ids {}",
        ids.join(", ")
    )
}
