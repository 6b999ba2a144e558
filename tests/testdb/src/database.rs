//! A database for each test.

use crate::shared::shared;

/// A database of the test's own, dropped with this value, even while others are connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Its address, with user and password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        shared().drop(std::mem::take(&mut self.name));
    }
}

/// A new database with the migrations of the workspace applied.
pub async fn fresh() -> Database {
    create(true).await
}

/// A new database without anything in it.
pub async fn empty() -> Database {
    create(false).await
}

async fn create(migrated: bool) -> Database {
    let server = shared();
    let name = server.create(migrated).await;
    let url = server.url(&name);
    Database { name, url }
}
