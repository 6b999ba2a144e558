//! The spans of the statements: `db.entity.verb`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use aftermatch_ports::{
    CreateOne, Expected, Health, History, HistoryRange, Log, Messages, Page, People, Read,
    ReadPositions, Revisions, Rooms, Scope,
    model::{MessageId, RoomId, Seq, UserId, access::DeleteScope},
};
use aftermatch_postgres::{check, migrate};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::set_default,
};

use crate::{
    relay::{event, reach},
    support::{NO_REQUEST, draft, import_into, options, precondition, store, text, town},
};

const SPANS: &[&str] = &[
    "db.change.list",
    "db.connection.open",
    "db.event.audit",
    "db.event.find_last",
    "db.event.list",
    "db.event.listen",
    "db.event.notify",
    "db.event.purge",
    "db.health.check",
    "db.message.delete",
    "db.message.edit",
    "db.message.insert_batch",
    "db.message.list",
    "db.message.list_changed",
    "db.message.list_newest",
    "db.message.list_versions",
    "db.migration.check",
    "db.migration.run",
    "db.participant.list",
    "db.presence.find",
    "db.read_position.advance",
    "db.read_position.list",
    "db.removed.purge",
    "db.revision.compare",
    "db.room.find",
    "db.room.list",
    "db.room.list_states",
    "db.room.list_summaries",
    "db.user.find",
    "db.world.import",
];

/// The names of the spans of the store, on this thread.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<BTreeSet<&'static str>>>);

impl Subscriber for Names {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("aftermatch_postgres")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        assert_eq!(*metadata.level(), Level::DEBUG, "{}", metadata.name());
        self.0.lock().expect("no panic").insert(metadata.name());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn every_statement_has_a_named_span() {
    let names = Names::default();
    // With a single subscriber, tracing asks only the thread that meets a span first
    // whether it is enabled; here that may be the thread of another test.
    let _second = Dispatch::new(names.clone());
    let _default = set_default(names.clone());
    let database = aftermatch_testdb::empty().await;
    let options = options(&database);
    migrate(&options).await.expect("the migrations");
    check(&options).await.expect("all migrations");
    import_into(&database, &town(vec![]))
        .await
        .expect("an import");
    let [here, there] = [store(&database).await, store(&database).await];
    let (room, user) = (RoomId(21), UserId(1));

    Health::check(&here).await.expect("a healthy database");
    here.user(user, Read::Fresh).await.expect("a database");
    here.room(room, Read::Fresh).await.expect("a database");
    let page = Page {
        after: None,
        limit: 9,
    };
    here.rooms(Scope::All, page).await.expect("the rooms");
    let precondition = precondition(&here, room.0, user.0).await;
    let created = here.create_one(precondition, draft("hello", None)).await;
    created.expect("an answer");
    let edited = here.edit(precondition, MessageId(1), text("edited"), NO_REQUEST);
    edited.await.expect("an answer");
    let deleted = here.delete(
        precondition,
        vec![MessageId(1)],
        DeleteScope::Any,
        None,
        NO_REQUEST,
    );
    deleted.await.expect("an answer");
    here.head(room).await.expect("a database");
    here.events(room, Seq::ZERO, 9).await.expect("a database");
    here.audit(room, None, 9).await.expect("a database");
    let versions = here.versions(room, MessageId(1), None, 9).await;
    versions.expect("a database");
    here.purge(Duration::ZERO, 9).await.expect("a database");
    here.changes().await.expect("a recheck");
    let nothing = here.compare(Expected::default()).await;
    nothing.expect("a database");
    here.delta_since(room, Seq::ZERO, 9)
        .await
        .expect("a database");
    here.next_delta(room, Seq::ZERO, Seq(1)..=Seq(2))
        .await
        .expect("a database");
    let history = here.history(room, HistoryRange::Newest, 9).await;
    history.expect("a database");
    here.page(room, 0, 9).await.expect("a database");
    here.mark_read(room, user, Seq(1), true)
        .await
        .expect("an answer");
    here.shown(vec![room]).await.expect("an answer");
    here.summaries(vec![(room, Scope::All)])
        .await
        .expect("an answer");
    here.states(vec![Scope::All]).await.expect("an answer");
    here.participants(vec![room]).await.expect("an answer");
    reach(&here, &there, &event(&here, 7).await).await;

    let opened: Vec<_> = names.0.lock().expect("no panic").iter().copied().collect();
    assert_eq!(opened, SPANS);
}
