//! Pushes that the platform asks for: they are stored in place of being sent.

use std::{
    convert::Infallible,
    error::Error,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use aftermatch_ports::{
    Backlog, EventQueue, PlatformError, PushFailure, QueuedEvent, StoreError, WaitingEvents,
    Webhook, model::Push,
};
use aftermatch_protocol::api::{ApiCode, ApiError, stored};
use async_trait::async_trait;
use parking_lot::Mutex;
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
    /// What is not stored yet. `None`: another process pushes.
    backlog: Mutex<Option<Backlog>>,
    waiting: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    dead_letters: Gauge,
}

impl Events {
    /// Stores events in `queue`.
    #[must_use]
    pub fn new(queue: Arc<dyn EventQueue>) -> Self {
        Self {
            queue,
            backlog: Mutex::default(),
            waiting: Gauge::default(),
            oldest: Gauge::default(),
            dead_letters: Gauge::default(),
        }
    }

    /// Adds the metrics to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "events_waiting",
            "Events that the platform has not dealt with, up to 10,000, at the process that pushes",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "events_oldest",
            "How long the oldest of them has waited, or what could not be stored as one",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register(
            "events_dead_letters",
            "Messages that could not be stored as events in time",
            self.dead_letters.clone(),
        );
    }

    /// What is not stored yet. `None`: another process pushes. The one that pushes also removes
    /// old events, and counts.
    pub fn show(&self, backlog: Option<Backlog>) {
        *self.backlog.lock() = backlog;
    }

    /// Removes what nobody asked for, and counts what waits, for as long as the service runs.
    pub async fn tend(&self) -> Infallible {
        let mut failed = false;
        loop {
            let tended = self.look().await;
            if let Err(error) = &tended
                && !failed
            {
                tracing::warn!(%error, "cannot count events, or remove old ones");
            }
            failed = tended.is_err();
            sleep(PAUSE).await;
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let backlog = *self.backlog.lock();
        let waiting = match backlog {
            Some(_) => {
                self.expire().await?;
                self.queue.waiting().await?
            }
            None => WaitingEvents::default(),
        };
        let backlog = backlog.unwrap_or_default();
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.waiting.set(count(waiting.count));
        self.oldest
            .set(waiting.oldest.max(backlog.oldest).as_secs_f64());
        self.dead_letters.set(count(backlog.dead_letters));
        Ok(())
    }

    /// The log says once how many were lost.
    async fn expire(&self) -> Result<(), StoreError> {
        let mut lost = 0;
        let expired = loop {
            let step = self.queue.expire(MAX_AGE, STEP).await;
            lost += step.as_ref().copied().unwrap_or_default();
            match step {
                Ok(STEP) => sleep(STEP_PAUSE).await,
                ended => break ended,
            }
        };
        if lost > 0 {
            tracing::warn!(
                lost,
                "nobody asked for events within seven days: they were removed"
            );
        }
        expired.map(drop)
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
