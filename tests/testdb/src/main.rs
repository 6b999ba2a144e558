//! A database for a test that is no Rust: prints its URL, and keeps it until
//! standard input is closed.

use std::io::{Read, Write, stdin, stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let database = aftermatch_testdb::fresh().await;
    writeln!(stdout(), "{}", database.url())?;
    let mut said = Vec::new();
    stdin().read_to_end(&mut said)?;
    drop(database);
    Ok(())
}
