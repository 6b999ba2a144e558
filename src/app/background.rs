//! The tasks that run beside the connections: one checks the rights of connected
//! users, two deliver the events of other processes and of the platform, some read what was
//! missed, some deliver to those who follow rooms, one purges old texts, one brings what a
//! platform changes in its own tables, one notifies it of messages.
//!
//! A panic ends neither the service nor the task: it is logged, and the task
//! starts again. Nothing is lost, because all of them compare this process with the
//! store, whatever they did before.

use std::{convert::Infallible, error::Error, future::pending, sync::Arc, time::Duration};

use aftermatch_postgres::Mapping;
use aftermatch_usecases::{
    Ports, UseCases,
    sync::{self, missing::Readers, push::PushPorts, rights::Rechecks},
};
use tokio::time::sleep;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::pushes::{self as pusher, Target};
use crate::Store;

/// How long a task that panicked waits before it starts again. It may panic again
/// at once.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause between two purges; shorter if texts are held for a short time.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Of how many events texts are purged at a time: nobody else waits for long.
const LARGEST_STEP: usize = 500;

/// Pause between two steps of one purge.
const PURGE_PAUSE: Duration = Duration::from_millis(100);

/// Runs the background tasks on `tasks`. They are aborted when this future is
/// dropped.
pub(super) async fn run(
    use_cases: &Arc<UseCases>,
    keep_deleted: Duration,
    tasks: &TaskTracker,
) -> Infallible {
    let rights = restart_on_panic("rights", tasks, || rechecks(use_cases.clone()));
    let remote_events = restart_on_panic("remote_events", tasks, || {
        let use_cases = use_cases.clone();
        async move { sync::remote_events::run(use_cases.ports()).await }
    });
    let platform_events = restart_on_panic("platform_events", tasks, || {
        let use_cases = use_cases.clone();
        async move { sync::platform_events::run(use_cases.ports()).await }
    });
    let readers = Arc::new(Readers::default());
    let missing = || {
        restart_on_panic("missing", tasks, || {
            read_missing(use_cases.clone(), readers.clone())
        })
    };
    let inbox = || {
        restart_on_panic("inbox", tasks, || {
            let use_cases = use_cases.clone();
            async move { deliver_inbox(use_cases.ports()).await }
        })
    };
    let signals = restart_on_panic("signals", tasks, || {
        let use_cases = use_cases.clone();
        async move { sync::signals::run(use_cases.ports()).await }
    });
    let presence = restart_on_panic("presence", tasks, || {
        let use_cases = use_cases.clone();
        async move { deliver_presence(use_cases.ports()).await }
    });
    let retention = restart_on_panic("retention", tasks, || {
        let use_cases = use_cases.clone();
        async move { purge(use_cases.ports(), keep_deleted).await }
    });
    // Four, so that a room whose read hangs does not hold up the others.
    let missing = async { tokio::join!(missing(), missing(), missing(), missing()).0 };
    // Two, for the same reason.
    let inbox = async { tokio::join!(inbox(), inbox()).0 };
    tokio::join!(
        rights,
        remote_events,
        platform_events,
        missing,
        inbox,
        signals,
        presence,
        retention
    )
    .0
}

/// Rechecks, and reports once when that begins to fail and once when it works again.
async fn rechecks(use_cases: Arc<UseCases>) -> Infallible {
    let (mut rechecks, mut fails) = (Rechecks::default(), false);
    loop {
        let checked = rechecks.next(use_cases.ports()).await;
        match (&checked, fails) {
            (Err(error), false) => {
                let error = error.source().map(ToString::to_string);
                tracing::warn!(error, "rights and events cannot be checked: trying again");
            }
            (Ok(()), true) => tracing::info!("rights and events are checked again"),
            _ => {}
        }
        fails = checked.is_err();
    }
}

/// Reads missing events. A failure is not reported here: requests and rechecks meet
/// the same store.
async fn read_missing(use_cases: Arc<UseCases>, readers: Arc<Readers>) -> Infallible {
    loop {
        drop(readers.read_next(use_cases.ports()).await);
    }
}

/// Delivers the newest state of rooms. What could not be read is due again.
async fn deliver_inbox(ports: &Ports) -> Infallible {
    loop {
        drop(sync::inbox::deliver_next(ports).await);
    }
}

/// Delivers who comes and goes. What could not be delivered is delivered after a pause.
async fn deliver_presence(ports: &Ports) -> Infallible {
    let mut changes = sync::presence::Changes::default();
    loop {
        if changes.deliver_next(ports).await.is_err() {
            sleep(PAUSE).await;
        }
    }
}

/// Purges what is older than `keep`, in steps: smaller ones after a failure, which may
/// have been too large.
async fn purge(ports: &Ports, keep: Duration) -> Infallible {
    let interval = PURGE_INTERVAL.min(keep / 4).max(PURGE_PAUSE);
    let mut step = LARGEST_STEP;
    loop {
        let pause = match sync::retention::purge(ports, keep, step).await {
            Ok(true) => PURGE_PAUSE,
            Ok(false) => {
                step = LARGEST_STEP;
                interval
            }
            Err(error) => {
                let error = error.source().map(ToString::to_string);
                tracing::warn!(error, "old texts cannot be purged: trying again");
                step = (step / 2).max(1);
                interval
            }
        };
        sleep(pause).await;
    }
}

/// Brings what moves in the tables of a platform into the store, if there is a mapping.
pub(super) async fn bridge(
    store: Store,
    mapping: Option<Mapping>,
    tasks: &TaskTracker,
) -> Infallible {
    let (Store::Postgres(store), Some(mapping)) = (store, mapping) else {
        return pending().await;
    };
    restart_on_panic("bridge", tasks, || {
        let (store, mapping) = (store.clone(), mapping.clone());
        async move { store.drain(&mapping).await }
    })
    .await
}

/// Notifies the platform of messages for users who are not connected, if it wants to be.
pub(super) async fn pushes(
    pushes: Option<(Arc<PushPorts>, Target)>,
    tasks: &TaskTracker,
) -> Infallible {
    let Some((ports, target)) = pushes else {
        return pending().await;
    };
    restart_on_panic("push", tasks, || pusher::run(ports.clone(), target.clone())).await
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
