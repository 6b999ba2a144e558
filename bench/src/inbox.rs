//! Clients that follow their rooms.
//!
//! | file | what it does |
//! |---|---|
//! | `people` | a world of brands that are in several rooms each |
//! | `moving` | clients that follow, join, write and leave, and what they know in the end |
//! | `cost` | what followers cost |
//! | `net` | their connections |
//! | `known` | what a client knows of its rooms |
//! | `delays` | how late it knows |
//! | `random` | numbers that look random |

mod cost;
mod delays;
mod known;
mod moving;
mod net;
mod people;
mod random;

use std::io::{BufWriter, Write, stdout};

use clap::Subcommand;

use self::{cost::Cost, moving::Moving, people::People};

#[derive(Subcommand)]
pub(crate) enum Inbox {
    /// Writes a world file to standard output: brands that are in several rooms of two.
    World {
        #[command(flatten)]
        people: People,
        /// Approximate size of a brand's profile.
        #[arg(long, value_name = "N", default_value_t = 1500)]
        profile_bytes: usize,
    },
    /// Lets each user's first connection join, write, mark and leave, and both follow.
    /// Measures when the second one knows, and compares what all know with their lists.
    Moving(Moving),
    /// Measures the CPU of server and database, with followers and without.
    Cost(Cost),
}

impl Inbox {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::World {
                people,
                profile_bytes,
            } => {
                let mut out = BufWriter::new(stdout().lock());
                people.write(*profile_bytes, &mut out)?;
                out.flush()?;
                Ok(())
            }
            Self::Moving(moving) => moving.run(),
            Self::Cost(cost) => cost.run(),
        }
    }
}
