//! Where the server comes from, as the environment has it.

use std::env;

use url::Url;

/// What a person without a Postgres can do about it.
pub(crate) const ADVICE: &str = "The tests need a Postgres. Any of these gives them one:
  * TEST_DATABASE_URL=postgres://user:password@host/postgres, a role that may create databases
  * a running Docker engine (and its `docker` command); TEST_POSTGRES_IMAGE names the image, postgres:17 by default
  * Postgres itself, not necessarily running: `apt-get install postgresql`, or its folder of binaries on PATH
TEST_POSTGRES=url|docker|local allows one of them alone.";

/// How to start a server of ours.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Docker,
    Local,
}

/// The server that runs already, where the tests shall use it.
pub(crate) fn running() -> Result<Option<Url>, String> {
    let url = variable("TEST_DATABASE_URL");
    match (variable("TEST_POSTGRES").as_deref(), url) {
        (None, None) | (Some("docker" | "local"), _) => Ok(None),
        (None | Some("url"), Some(url)) => match Url::parse(&url) {
            Ok(url) => Ok(Some(url)),
            Err(error) => Err(format!("TEST_DATABASE_URL: {error}")),
        },
        (Some("url"), None) => Err(format!("TEST_DATABASE_URL is not set.\n{ADVICE}")),
        (Some(other), _) => Err(unknown(other)),
    }
}

/// The ways to start a server of ours, best first.
pub(crate) fn sources() -> Result<&'static [Source], String> {
    match variable("TEST_POSTGRES").as_deref() {
        None => Ok(&[Source::Docker, Source::Local]),
        Some("docker") => Ok(&[Source::Docker]),
        Some("local") => Ok(&[Source::Local]),
        Some("url") => Err("This test stops its server and needs one of its own: \
             TEST_POSTGRES=url leaves it none, docker or local would."
            .to_owned()),
        Some(other) => Err(unknown(other)),
    }
}

/// A variable of the environment; an empty one counts as none.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn unknown(value: &str) -> String {
    format!("TEST_POSTGRES={value} is none of url, docker, local")
}
