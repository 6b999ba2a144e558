use std::{convert::Infallible, pin::pin};

use tokio::{select, sync::Notify};

/// What waits, as soon as something does. Until then it runs the connection from which that
/// comes. Cancel-safe, if the connection is.
pub(crate) async fn receive<T>(
    take: impl Fn() -> Vec<T>,
    pushed: &Notify,
    connection: impl Future<Output = Infallible>,
) -> Vec<T> {
    let mut connection = pin!(connection);
    loop {
        let waiting = take();
        if !waiting.is_empty() {
            return waiting;
        }
        select! {
            biased;
            () = pushed.notified() => {}
            never = &mut connection => match never {},
        }
    }
}
