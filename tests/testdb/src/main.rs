//! A database for a test in another language: prints its URL, and drops it when standard
//! input is closed.

use std::io::{Read, Write, stdin, stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let database = aftermatch_testdb::fresh().await;
    writeln!(stdout(), "{}", database.url())?;
    let mut ignored = Vec::new();
    stdin().read_to_end(&mut ignored)?;
    drop(database);
    Ok(())
}
