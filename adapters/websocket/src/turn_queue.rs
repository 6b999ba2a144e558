//! The queue of those who have used up their turn and have more to do.
//!
//! In a turn of the runtime each of them would go on once, however many they are, and only
//! then new bytes would be looked at. Instead one of them goes on for each thread, and then
//! those who have become ready go first. So a client that sends one request waits for one
//! turn of those who send without end, and not for a turn of each.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::oneshot, task::yield_now};
use tokio_util::task::TaskTracker;

#[derive(Default)]
pub(crate) struct TurnQueue {
    state: Mutex<State>,
    /// The task that lets them go on.
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<oneshot::Sender<()>>,
    /// Whether a task lets them go on.
    serving: bool,
}

impl TurnQueue {
    /// Waits for the next turn, behind all who wait already.
    pub(crate) async fn next_turn(self: &Arc<Self>) {
        let (go_on, wait) = oneshot::channel();
        let serving = {
            let mut state = self.state.lock();
            state.waiting.push_back(go_on);
            std::mem::replace(&mut state.serving, true)
        };
        if !serving {
            self.tasks.spawn(self.clone().serve());
        }
        // An error would mean that the runtime ends.
        let _ = wait.await;
    }

    async fn serve(self: Arc<Self>) {
        let threads = Handle::current().metrics().num_workers();
        loop {
            // Those who have become ready go first.
            yield_now().await;
            for _ in 0..threads {
                if !self.serve_next() {
                    return;
                }
            }
        }
    }

    /// Lets the next one go on. Returns `false` if nobody waits.
    fn serve_next(&self) -> bool {
        loop {
            let next = {
                let mut state = self.state.lock();
                let next = state.waiting.pop_front();
                state.serving = next.is_some();
                next
            };
            match next.map(|next| next.send(())) {
                Some(Ok(())) => return true,
                // It does not wait any more.
                Some(Err(())) => {}
                None => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    /// Starts so many tasks that never have enough, and counts their turns.
    fn flood(queue: &Arc<TurnQueue>, tasks: usize) -> Arc<AtomicUsize> {
        let turns = Arc::new(AtomicUsize::new(0));
        for _ in 0..tasks {
            let (queue, turns) = (queue.clone(), turns.clone());
            TaskTracker::new().spawn(async move {
                loop {
                    queue.next_turn().await;
                    turns.fetch_add(1, Relaxed);
                }
            });
        }
        turns
    }

    #[tokio::test]
    async fn newcomer_waits_for_one_turn_and_not_for_all() {
        let queue = Arc::default();
        let turns = flood(&queue, 100);
        while turns.load(Relaxed) < 1_000 {
            yield_now().await;
        }
        let (before, mut rounds) = (turns.load(Relaxed), 0);
        for _ in 0..100 {
            yield_now().await;
            rounds += 1;
        }
        let after = turns.load(Relaxed);
        assert!(
            after > before && after - before <= 2 * rounds,
            "{before}, {after}"
        );
    }

    #[tokio::test]
    async fn all_who_wait_get_their_turn_in_order() {
        let queue: Arc<TurnQueue> = Arc::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let (queue, order) = (queue.clone(), order.clone());
                TaskTracker::new().spawn(async move {
                    queue.next_turn().await;
                    order.lock().push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a turn");
        }
        assert_eq!(*order.lock(), (0..10).collect::<Vec<_>>());
        while queue.state.lock().serving {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_has_left_takes_no_turn_from_others() {
        let queue: Arc<TurnQueue> = Arc::default();
        let left = TaskTracker::new().spawn({
            let queue = queue.clone();
            async move { queue.next_turn().await }
        });
        let stays = TaskTracker::new().spawn({
            let queue = queue.clone();
            async move { queue.next_turn().await }
        });
        left.abort();
        stays.await.expect("a turn");
    }
}
