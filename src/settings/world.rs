//! The world that a service starts with, or imports.

use std::path::Path;

use aftermatch_ports::model::World;
use anyhow::{Context, bail};

use super::Serve;

impl Serve {
    /// The world that a service in memory starts with. A platform that has the API fills an
    /// empty one.
    pub(crate) fn first_world(&self) -> anyhow::Result<World> {
        if self.world.is_none() && self.api.listen.is_some() {
            return Ok(World::default());
        }
        read_world(self.world.as_deref())
    }
}

/// The world in `file`, or the demo world.
pub(crate) fn read_world(file: Option<&Path>) -> anyhow::Result<World> {
    let Some(file) = file else {
        return aftermatch_world::parse(aftermatch_world::DEMO).context("the demo world");
    };
    let name = file.display();
    let json = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the world file {name}"))?;
    match aftermatch_world::parse(&json) {
        Ok(world) => Ok(world),
        Err(errors) => bail!("the world file {name} has errors:\n{errors}"),
    }
}
