//! The processes of the service, each with a line of its own to the database.

use aftermatch_test_support::{Program, Proxy};
use tokio::sync::watch;

use crate::addresses::{Addresses, Now};

pub struct Processes {
    all: Vec<Process>,
    settings: Vec<(&'static str, String)>,
    addresses: watch::Sender<Now>,
}

pub struct Process {
    pub line: Proxy,
    /// `None` while it does not run.
    program: Option<Program>,
}

impl Processes {
    pub async fn start(number: usize, url: &str, settings: Vec<(&'static str, String)>) -> Self {
        let mut this = Self {
            all: Vec::new(),
            settings,
            addresses: watch::Sender::new(vec![None; number]),
        };
        for nth in 0..number {
            let line = Proxy::before(url).await;
            let program = None;
            this.all.push(Process { line, program });
            this.start_again(nth).await;
        }
        this
    }

    pub fn addresses(&self) -> Addresses {
        Addresses::of(&self.addresses)
    }

    pub fn number(&self) -> usize {
        self.all.len()
    }

    pub fn line(&self, nth: usize) -> &Proxy {
        &self.all[nth].line
    }

    pub fn lines(&self) -> impl Iterator<Item = &Proxy> {
        self.all.iter().map(|process| &process.line)
    }

    pub fn program(&self, nth: usize) -> &Program {
        self.all[nth].program.as_ref().expect("it runs")
    }

    /// Kills a process, as `kill -9` does.
    pub async fn kill(&mut self, nth: usize) {
        self.take(nth).kill().await;
    }

    /// Asks a process to end, and waits for that.
    pub async fn terminate(&mut self, nth: usize) {
        let program = self.take(nth);
        program.terminate().await;
        let ended = program.ended().await;
        assert!(ended.status.success(), "{}", ended.log);
    }

    /// The program of a process. Nobody connects to it any more.
    fn take(&mut self, nth: usize) -> Program {
        self.addresses
            .send_modify(|addresses| addresses[nth] = None);
        self.all[nth].program.take().expect("it runs")
    }

    /// Starts a process and waits until it listens.
    pub async fn start_again(&mut self, nth: usize) {
        let settings = self.settings.iter();
        let settings: Vec<_> = settings.map(|(name, value)| (*name, &**value)).collect();
        let program = Program::start(self.line(nth).url(), &settings);
        let address = program.address().await;
        self.all[nth].program = Some(program);
        self.addresses
            .send_modify(|addresses| addresses[nth] = Some(address));
    }
}
