//! Nothing fails.

use aftermatch_test_support::{Database, Random, fresh};

use super::{Faults, short_time};
use crate::processes::Processes;

pub struct Calm(Database);

impl Faults for Calm {
    const NAME: &str = "nothing fails";

    async fn start() -> Self {
        Self(fresh().await)
    }

    fn url(&self) -> String {
        self.0.url().to_owned()
    }

    async fn inject(&mut self, _: &mut Processes, random: &mut Random) -> Option<&'static str> {
        short_time(random).await;
        None
    }
}
