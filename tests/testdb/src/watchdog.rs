//! What must not outlive the test process.

use std::{
    os::unix::process::CommandExt,
    process::{ChildStdin, Command, Stdio},
};

/// A shell that cleans up when this is dropped or the process ends, be it by `kill -9`:
/// then the pipe that it reads from closes. Statics are never dropped, pipes always close.
pub(crate) struct Watchdog {
    _pipe: ChildStdin,
}

impl Watchdog {
    /// Sets a shell to run `script` with `arguments` (`$1`, …) at the end, again if it
    /// fails; `prepare` may set the user.
    pub(crate) fn set(
        script: &str,
        arguments: &[&str],
        prepare: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self, String> {
        // What the process had begun when it was killed may still be under way.
        let repeated =
            format!("cat; for _ in 1 2 3 4 5; do {{ {script}; }} && break; sleep 1; done");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &repeated, "watchdog"])
            .args(arguments)
            .current_dir("/")
            // Out of reach of a Ctrl-C that ends the tests.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = prepare(&mut shell).spawn();
        let pipe = child.map_err(|error| format!("sh: {error}"))?.stdin;
        Ok(Self {
            _pipe: pipe.expect("it was asked for"),
        })
    }
}
