//! What this machine has: binaries of Postgres, and a user for a server.

use std::{
    env, fs,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// The folder with these programs of Postgres: from `PATH`, else Debian's newest.
pub(super) fn binaries(programs: &[&str]) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(debian())
        .find(|folder| {
            programs
                .iter()
                .all(|program| folder.join(program).is_file())
        })
        .ok_or_else(|| format!("no {} on this machine", programs.join(", ")))
}

/// Debian's folders, the newest version first.
fn debian() -> impl Iterator<Item = PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder)
}

/// Makes a folder that only this owner can enter.
pub(super) fn make(folder: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    match owner {
        Some((user, group)) => chown(folder, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// User and group for a server that refuses to run as root; none where we are not root.
pub(super) async fn owner() -> Result<Option<(u32, u32)>, String> {
    if id(&["-u"]).await != Some(0) {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(user), Some(group)) = (id(&["-u", name]).await, id(&["-g", name]).await) {
            return Ok(Some((user, group)));
        }
    }
    Err("Postgres refuses to run as root, and there is no user postgres or nobody".to_owned())
}

async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().await.ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
