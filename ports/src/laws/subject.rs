use std::pin::Pin;

use aftermatch_model::{
    RoomId, Timestamp, World,
    world::{NewBrand, NewRoom, NewUser},
};
use async_trait::async_trait;

use crate::{
    Directory, EventQueue, History, Interest, Log, Messages, People, Pushes, ReadPositions, Relay,
    Revisions, Rooms,
};

/// A store under test, and the platform, which changes users, brands and rooms
/// while the service runs.
#[async_trait]
pub trait Subject: Send + Sync + Sized + 'static {
    /// A new store that holds this world and nothing else.
    async fn with_world(world: World) -> Self;

    /// Its users, brands and rooms, to write.
    fn directory(&self) -> &dyn Directory;

    /// Its users.
    fn people(&self) -> &dyn People;

    /// Its rooms.
    fn rooms(&self) -> &dyn Rooms;

    /// Its messages, to write.
    fn messages(&self) -> &dyn Messages;

    /// Its logs.
    fn log(&self) -> &dyn Log;

    /// Its messages, to read.
    fn history(&self) -> &dyn History;

    /// Its read positions.
    fn read_positions(&self) -> &dyn ReadPositions;

    /// What is still to be pushed.
    fn pushes(&self) -> &dyn Pushes;

    /// What waits for the platform to ask for it.
    fn event_queue(&self) -> &dyn EventQueue;

    /// What changes in it.
    fn revisions(&self) -> &dyn Revisions;

    /// The platform inserts or replaces a user.
    async fn put_user(&self, user: NewUser);

    /// The platform inserts or replaces a brand whose owner exists.
    async fn put_brand(&self, brand: NewBrand);

    /// The platform inserts or replaces a room whose participants exist.
    async fn put_room(&self, room: NewRoom);

    /// The platform removes a room and its messages.
    async fn remove_room(&self, room: RoomId);

    /// A moment before now. The core has neither a clock nor a calendar to take one
    /// from.
    fn t0() -> Timestamp;

    /// Another moment before now, after [`Subject::t0`].
    fn t1() -> Timestamp;

    /// Runs all of `work` at once, on several threads, and returns when it is
    /// done. A panic in it panics here.
    async fn in_parallel(work: Vec<Work>);
}

/// Work that runs while other work runs.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Two instances of a relay under test, as two processes on one store have them.
#[async_trait]
pub trait RelaySubject: Send + Sync + Sized + 'static {
    /// Two new instances. They need not know of each other yet: the laws publish
    /// again what does not arrive, or wait for [`Relay::ready`] on both, and
    /// meanwhile call [`Relay::receive`] on both.
    async fn connected() -> Self;

    /// The two instances.
    fn instances(&self) -> [&dyn Relay; 2];

    /// What each of them wants: nothing yet.
    fn interests(&self) -> [&dyn Interest; 2];

    /// The moment so many milliseconds after the start of 1970. The core has no
    /// calendar.
    fn moment(millis: i64) -> Timestamp;

    /// Returns after a moment, a few milliseconds, in which an event may arrive.
    /// The core has no timer.
    async fn pause(&self);
}
