//! Reads of one kind that are requested at the same time share a statement.
//!
//! Ten thousand clients that come back at once ask for their users and rooms. A request
//! that finds no read under way reads at once; what is requested meanwhile is read by the
//! next statement. So nobody gets what was read before it was requested, and the more there
//! is to read the less each costs.
//!
//! Invariants:
//! 1. **One read at a time.** Who has the turn reads, for itself and for those that wait.
//! 2. **A read that is given up harms nobody.** The turn passes on, and the others request
//!    again.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use sqlx::Error;
use tokio::{
    sync::{
        Mutex as Turn,
        oneshot::{self, error::TryRecvError},
    },
    time::Instant,
};

use crate::retry::before;

/// The most requests that one statement answers.
const MAX_REQUESTS: usize = 256;

/// What was read for a key. `None`: there is no such row.
type Answer<V> = Result<Option<V>, Arc<Error>>;

pub(crate) struct Together<K, V> {
    turn: Turn<()>,
    /// In the order in which they came.
    requests: Mutex<Vec<Request<K, V>>>,
}

struct Request<K, V> {
    key: K,
    answer: oneshot::Sender<Answer<V>>,
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self {
            turn: Turn::default(),
            requests: Mutex::default(),
        }
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Together<K, V> {
    /// The row of `key` as it is now, before `deadline`. `read`: the statement for all who
    /// wait; it is given each key once.
    pub(crate) async fn read<F>(
        &self,
        key: K,
        deadline: Instant,
        read: impl Fn(Vec<K>) -> F,
    ) -> Answer<V>
    where
        F: Future<Output = Result<HashMap<K, V>, Error>>,
    {
        let answered = async { Ok::<_, Error>(self.answered(key, read).await) };
        before(deadline, answered).await?
    }

    async fn answered<F>(&self, key: K, read: impl Fn(Vec<K>) -> F) -> Answer<V>
    where
        F: Future<Output = Result<HashMap<K, V>, Error>>,
    {
        loop {
            let mut answered = self.request(key);
            tokio::select! {
                biased;
                answer = &mut answered => {
                    if let Ok(answer) = answer {
                        return answer;
                    }
                }
                _turn = self.turn.lock() => loop {
                    match answered.try_recv() {
                        Ok(answer) => return answer,
                        Err(TryRecvError::Empty) => self.read_next(&read).await,
                        Err(TryRecvError::Closed) => break,
                    }
                }
            }
        }
    }

    fn request(&self, key: K) -> oneshot::Receiver<Answer<V>> {
        let (answer, answered) = oneshot::channel();
        self.requests.lock().push(Request { key, answer });
        answered
    }

    /// Answers the first of those who wait.
    async fn read_next<F>(&self, read: impl Fn(Vec<K>) -> F)
    where
        F: Future<Output = Result<HashMap<K, V>, Error>>,
    {
        let mut requests: Vec<_> = {
            let mut requests = self.requests.lock();
            let count = requests.len().min(MAX_REQUESTS);
            requests.drain(..count).collect()
        };
        requests.retain(|request| !request.answer.is_closed());
        let keys: HashSet<_> = requests.iter().map(|request| request.key).collect();
        if keys.is_empty() {
            return;
        }
        // A panic while rows are decoded fails these requests and no later ones.
        let rows = AssertUnwindSafe(read(keys.into_iter().collect())).catch_unwind();
        let rows = rows.await.unwrap_or(Err(Error::WorkerCrashed));
        let rows = rows.map_err(Arc::new);
        for Request { key, answer } in requests {
            let row = rows.as_ref().map(|rows| rows.get(&key).cloned());
            let _ = answer.send(row.map_err(Arc::clone));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::{
        join,
        sync::Semaphore,
        task::yield_now,
        time::{advance, sleep},
    };

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    /// Doubles even numbers; there are no odd ones. Each statement waits for a permit, and
    /// then fails, if it shall.
    struct Numbers {
        together: Together<u32, u32>,
        permits: Semaphore,
        failures: Mutex<Vec<fn() -> Error>>,
        statements: Mutex<Vec<Vec<u32>>>,
    }

    impl Numbers {
        fn failing(failures: &[fn() -> Error]) -> Self {
            Self {
                together: Together::default(),
                permits: Semaphore::new(0),
                failures: Mutex::new(failures.to_vec()),
                statements: Mutex::default(),
            }
        }

        async fn read(&self, key: u32) -> Answer<u32> {
            let deadline = Instant::now() + LIMIT;
            self.together
                .read(key, deadline, |keys| self.find(keys))
                .await
        }

        async fn find(&self, mut keys: Vec<u32>) -> Result<HashMap<u32, u32>, Error> {
            keys.sort_unstable();
            self.statements.lock().push(keys.clone());
            self.permits.acquire().await.expect("open").forget();
            let failure = self.failures.lock().pop();
            if let Some(failure) = failure {
                return Err(failure());
            }
            let even = keys.into_iter().filter(|key| key % 2 == 0);
            Ok(even.map(|key| (key, 2 * key)).collect())
        }

        async fn under_way(&self) {
            while self.statements.lock().is_empty() {
                yield_now().await;
            }
        }

        /// Requests 1, and while that is read 4, 3 and 4.
        async fn read_all(&self) -> [Answer<u32>; 4] {
            let others = async {
                self.under_way().await;
                let release = async { self.permits.add_permits(10) };
                join!(self.read(4), self.read(3), self.read(4), release)
            };
            let (first, (a, b, c, ())) = join!(self.read(1), others);
            [first, a, b, c]
        }
    }

    #[tokio::test]
    async fn requests_during_a_read_share_the_next_one() {
        let numbers = Numbers::failing(&[]);
        let answers = numbers.read_all().await;
        let answers = answers.map(|answer| answer.expect("an answer"));
        assert_eq!(answers, [None, Some(8), None, Some(8)]);
        assert_eq!(*numbers.statements.lock(), [vec![1], vec![3, 4]]);
    }

    #[tokio::test]
    async fn failed_read_fails_its_own_requests() {
        let numbers = Numbers::failing(&[|| Error::PoolTimedOut]);
        let [first, later, ..] = numbers.read_all().await;
        assert!(matches!(*first.expect_err("failed"), Error::PoolTimedOut));
        assert_eq!(later.expect("an answer"), Some(8));
    }

    #[tokio::test]
    async fn panic_fails_its_own_requests() {
        let numbers = Numbers::failing(&[|| panic!("a row that cannot be decoded")]);
        let [first, later, ..] = numbers.read_all().await;
        assert!(first.is_err());
        assert_eq!(later.expect("an answer"), Some(8));
    }

    #[tokio::test]
    async fn request_that_was_given_up_is_not_read() {
        let numbers = Numbers::failing(&[]);
        let later = async {
            numbers.under_way().await;
            assert!(Box::pin(numbers.read(6)).as_mut().now_or_never().is_none());
            numbers.permits.add_permits(10);
            numbers.read(4).await
        };
        let (_, later) = join!(numbers.read(1), later);
        assert_eq!(later.expect("an answer"), Some(8));
        assert_eq!(*numbers.statements.lock(), [vec![1], vec![4]]);
    }

    #[tokio::test]
    async fn others_of_a_read_that_was_given_up_are_read_again() {
        let numbers = Numbers::failing(&[]);
        let mut first = Box::pin(numbers.read(1));
        assert!(first.as_mut().now_or_never().is_none());
        let mut second = Box::pin(numbers.read(2));
        assert!(second.as_mut().now_or_never().is_none());
        let mut third = Box::pin(numbers.read(4));
        assert!(third.as_mut().now_or_never().is_none());
        // The second one reads for the third one, too, and is then given up.
        drop(first);
        assert!(second.as_mut().now_or_never().is_none());
        drop(second);
        numbers.permits.add_permits(10);
        assert_eq!(third.await.expect("an answer"), Some(8));
        assert_eq!(*numbers.statements.lock(), [vec![1], vec![2, 4], vec![4]]);
    }

    #[tokio::test]
    async fn more_than_a_statement_holds_are_all_answered() {
        let numbers = Numbers::failing(&[]);
        let keys = 0..3 * u32::try_from(MAX_REQUESTS).expect("small");
        let reads = join_all(keys.clone().map(|key| numbers.read(2 * key)));
        let release = async { numbers.permits.add_permits(10) };
        let (answers, ()) = join!(reads, release);
        for (key, answer) in keys.zip(answers) {
            assert_eq!(answer.expect("an answer"), Some(4 * key));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_its_own_deadline() {
        let numbers = Numbers::failing(&[]);
        let second = async {
            sleep(LIMIT / 2).await;
            let began = Instant::now();
            (numbers.read(2).await, began.elapsed())
        };
        let (first, (second, waited)) = join!(numbers.read(1), second);
        assert!(first.is_err() && second.is_err());
        assert!(waited <= LIMIT + Duration::from_millis(1), "{waited:?}");
        advance(LIMIT).await;
    }
}
