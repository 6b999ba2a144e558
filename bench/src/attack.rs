//! What hostile and clumsy clients do. Each connection has its own thread, which connects
//! again when the server ends the connection.

mod bytes;
mod kind;
mod line;

use std::{
    io::{Read, stdin},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;

use self::kind::Kind;
use crate::{target::Target, world::World};

/// A pause after a connection that could not be opened.
const RETRY: Duration = Duration::from_millis(10);

#[derive(Args)]
pub(crate) struct Attack {
    #[command(flatten)]
    target: Target,
    /// The attackers are members of the last rooms.
    #[command(flatten)]
    world: World,
    #[arg(value_enum)]
    kind: Kind,
    /// Connections at a time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    connections: u64,
}

impl Attack {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.connections < self.world.rooms,
            "each attacker needs a room"
        );
        let addresses = self.target.addresses()?;
        let address = *addresses.first().context("there is no --url")?;
        for number in 0..self.connections {
            let mut plan = self.kind.plan(&self.target, self.world, number)?;
            if number % 2 == 1 {
                plan = plan.stubborn();
            }
            // They end with the process.
            thread::spawn(move || {
                loop {
                    if plan.carry_out(address).is_err() {
                        thread::sleep(RETRY);
                    }
                }
            });
        }
        // The end of the process that started this ends it, too.
        let _ = stdin().read_to_end(&mut Vec::new());
        Ok(())
    }
}
