//! Brands that come and go.

use std::collections::HashMap;

use aftermatch_ports::{PresenceChange, StoreError, model::BrandId};

use crate::Ports;

/// Changes that were not delivered yet, the last one of each brand.
#[derive(Default)]
pub struct Changes(HashMap<BrandId, PresenceChange>);

impl Changes {
    /// Waits for changes, unless some were not delivered, and delivers them to the rooms that
    /// the brands are in.
    ///
    /// # Errors
    /// The rooms cannot be read. The next call reads them again.
    pub async fn deliver_next(&mut self, ports: &Ports) -> Result<(), StoreError> {
        if self.0.is_empty() {
            let changes = ports.online.changes().await;
            self.0
                .extend(changes.into_iter().map(|change| (change.brand, change)));
        }
        let brands = self.0.keys().copied().collect();
        let mut rooms: HashMap<BrandId, Vec<_>> = HashMap::new();
        for (room, brand) in ports.rooms.of_brands(brands).await? {
            rooms.entry(brand).or_default().push(room);
        }
        let now = ports.clock.now();
        for (brand, change) in self.0.drain() {
            let last_seen = change.gone_for.map(|gone_for| now.before(gone_for));
            let rooms = rooms.remove(&brand).unwrap_or_default();
            ports.online.deliver(brand, last_seen, &rooms);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, OTHER, ROOM, at};

    const BRAND: BrandId = BrandId(1);

    #[test]
    fn change_is_delivered_to_rooms_of_brand() {
        let mut mocks = Mocks::new();
        let came = PresenceChange {
            brand: BRAND,
            gone_for: None,
        };
        // The second time nothing is waited for.
        let changes = mocks.online.expect_changes().once();
        changes.return_const(vec![came]);
        mocks
            .rooms
            .expect_of_brands()
            .once()
            .returning(|_| Err(StoreError::transient("the store is away")));
        let rooms = mocks.rooms.expect_of_brands().with(eq(vec![BRAND]));
        rooms.returning(|_| Ok(vec![(ROOM, BRAND), (OTHER, BRAND)]));
        let deliver = mocks.online.expect_deliver().once();
        deliver
            .withf(|brand, last_seen, rooms| {
                *brand == BRAND && last_seen.is_none() && *rooms == [ROOM, OTHER]
            })
            .return_const(());
        let ports = mocks.ports();
        let mut waiting = Changes::default();
        block_on(waiting.deliver_next(&ports)).expect_err("the store is away");
        block_on(waiting.deliver_next(&ports)).expect("a store");
    }

    #[test]
    fn brand_was_last_seen_when_it_went() {
        let mut mocks = Mocks::new();
        let gone = PresenceChange {
            brand: BRAND,
            gone_for: Some(Duration::from_secs(4)),
        };
        mocks.online.expect_changes().return_const(vec![gone]);
        mocks.rooms.expect_of_brands().returning(|_| Ok(vec![]));
        let deliver = mocks.online.expect_deliver().once();
        deliver
            .withf(|_, last_seen, rooms| *last_seen == Some(at(6)) && rooms.is_empty())
            .return_const(());
        let ports = mocks.ports();
        block_on(Changes::default().deliver_next(&ports)).expect("a store");
    }
}
