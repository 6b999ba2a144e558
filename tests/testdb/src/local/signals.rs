//! Signals to all processes of a server.

use tokio::process::Command;

/// Stops the server `main` and its processes, in this order: a server that is stopped
/// starts no process more.
pub(super) async fn stop(main: &str) -> Result<(), String> {
    send("STOP", &[main]).await?;
    send("STOP", &children(main).await?).await
}

/// Lets them go on.
pub(super) async fn go_on(main: &str) -> Result<(), String> {
    send("CONT", &children(main).await?).await?;
    send("CONT", &[main]).await
}

/// The processes that a process has started.
async fn children(parent: &str) -> Result<Vec<String>, String> {
    let all = run(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).await?;
    let children = all.lines().filter_map(|line| {
        let (child, its_parent) = line.trim().split_once(char::is_whitespace)?;
        (its_parent.trim() == parent).then(|| child.to_owned())
    });
    Ok(children.collect())
}

async fn send(signal: &str, processes: &[impl AsRef<str>]) -> Result<(), String> {
    for process in processes {
        // A process that has ended meanwhile needs no signal.
        let kill = r#"kill -"$0" "$1" || ! kill -0 "$1""#;
        run(Command::new("sh").args(["-c", kill, signal, process.as_ref()])).await?;
    }
    Ok(())
}

async fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().await.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
