//! The tasks that run beside the connections: one checks the rights of connected
//! users, one delivers the events of other processes.
//!
//! A panic ends neither the service nor the task: it is logged, and the task
//! starts again. Nothing is lost, because both tasks compare this process with the
//! store, whatever they did before.

use std::{convert::Infallible, sync::Arc, time::Duration};

use aftermatch_usecases::{UseCases, sync};
use tokio::time::sleep;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// How long a task that panicked waits before it starts again. It may panic again
/// at once.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the background tasks on `tasks`. They are aborted when this future is
/// dropped.
pub(super) async fn run(use_cases: Arc<UseCases>, tasks: &TaskTracker) -> Infallible {
    let rights = restart_on_panic("rights", tasks, || {
        let use_cases = use_cases.clone();
        async move { sync::rights::run(use_cases.ports()).await }
    });
    let remote_events = restart_on_panic("remote_events", tasks, || {
        let use_cases = use_cases.clone();
        async move { sync::remote_events::run(use_cases.ports()).await }
    });
    tokio::join!(rights, remote_events).0
}

async fn restart_on_panic<F>(name: &str, tasks: &TaskTracker, start: impl Fn() -> F) -> Infallible
where
    F: Future<Output = Infallible> + Send + 'static,
{
    loop {
        let task = AbortOnDropHandle::new(tasks.spawn(start()));
        let Err(error) = task.await;
        tracing::error!(task = name, %error, "a background task failed: starting it again");
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicBool, Ordering},
    };

    use tokio::{sync::Notify, time::timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn panicked_task_starts_again() {
        let has_panicked = Arc::new(AtomicBool::new(false));
        let started_again = Arc::new(Notify::new());
        let tasks = TaskTracker::new();
        let running = restart_on_panic("test", &tasks, || {
            let (has_panicked, started_again) = (has_panicked.clone(), started_again.clone());
            async move {
                assert!(has_panicked.swap(true, Ordering::Relaxed), "a strange row");
                started_again.notify_one();
                pending().await
            }
        });
        let started_again = async {
            tokio::select! {
                never = running => match never {},
                () = started_again.notified() => {}
            }
        };
        let again = timeout(10 * PAUSE, started_again).await;
        again.expect("it starts again");
        // Stopping the supervision aborts the task.
        tasks.close();
        let ended = timeout(PAUSE, tasks.wait()).await;
        ended.expect("it ends");
    }
}
