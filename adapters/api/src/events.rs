//! Pushes that the platform asks for: they are stored in place of being sent.

use std::{
    convert::Infallible,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{
    EventQueue, PlatformError, PushFailure, QueuedEvent, StoreError, WaitingEvents, Webhook,
    model::Push,
};
use aftermatch_protocol::api::{ApiCode, ApiError, stored};
use async_trait::async_trait;
use prometheus_client::{
    metrics::gauge::Gauge,
    registry::{Registry, Unit},
};
use tokio::time::sleep;

use crate::failure::Failure;

/// How long an event waits for the platform.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Pause between two looks at what waits.
const PAUSE: Duration = Duration::from_secs(5);

/// How many events are removed at a time: nobody else waits for long.
const STEP: usize = 500;

/// Pause between two steps.
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// The platform, if it asks.
pub struct Events {
    queue: Arc<dyn EventQueue>,
    /// Whether this process pushes.
    leads: AtomicBool,
    waiting: Gauge,
    oldest: Gauge<f64, AtomicU64>,
}

impl Events {
    /// Stores events in `queue`.
    #[must_use]
    pub fn new(queue: Arc<dyn EventQueue>) -> Self {
        Self {
            queue,
            leads: AtomicBool::default(),
            waiting: Gauge::default(),
            oldest: Gauge::default(),
        }
    }

    /// Adds the metrics to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "events_waiting",
            "Events that the platform has not dealt with, at the process that pushes",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "events_oldest",
            "How long the oldest of them has waited",
            Unit::Seconds,
            self.oldest.clone(),
        );
    }

    /// Says whether this process pushes: then it also removes old events, and counts.
    pub fn show(&self, leads: bool) {
        self.leads.store(leads, Ordering::Relaxed);
    }

    /// Removes what nobody asked for, and counts what waits, for as long as the service runs.
    /// A failure is not reported here: pushes meet the same store.
    pub async fn tend(&self) -> Infallible {
        loop {
            let waiting = match self.leads.load(Ordering::Relaxed) {
                true => {
                    self.expire().await;
                    self.queue.waiting().await
                }
                false => Ok(WaitingEvents::default()),
            };
            if let Ok(WaitingEvents { count, oldest }) = waiting {
                self.waiting.set(i64::try_from(count).unwrap_or(i64::MAX));
                self.oldest.set(oldest.as_secs_f64());
            }
            sleep(PAUSE).await;
        }
    }

    /// The log says once how many were lost.
    async fn expire(&self) {
        let mut lost = 0;
        while let Ok(step) = self.queue.expire(MAX_AGE, STEP).await {
            lost += step;
            if step < STEP {
                break;
            }
            sleep(STEP_PAUSE).await;
        }
        if lost > 0 {
            tracing::warn!(
                lost,
                "nobody asked for events within seven days: they were removed"
            );
        }
    }

    /// The events that have waited longest, without those up to `after`.
    pub(crate) async fn read(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<QueuedEvent>, Failure> {
        let events = self.queue.read(after, limit).await;
        let events = events.map_err(PlatformError::from)?;
        events.ok_or_else(|| {
            let sentence = "no event has had the number `after` yet, so nothing was removed: after \
                a restart in memory, or a restore of the database, ask without `after`";
            ApiError::new(ApiCode::UnknownEvent, sentence).into()
        })
    }
}

#[async_trait]
impl Webhook for Events {
    async fn post(&self, push: &Push) -> Result<(), PushFailure> {
        let (id, body) = stored(push);
        self.queue.put(&id, body).await.map_err(failure)
    }
}

fn failure(error: StoreError) -> PushFailure {
    let reason = error.source().map(ToString::to_string);
    PushFailure {
        reason: reason.unwrap_or_else(|| error.to_string()),
        retry_after: None,
    }
}
