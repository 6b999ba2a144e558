use std::{collections::HashSet, future::pending};

use aftermatch_ports::model::{BrandId, Epoch, RoomId, Seq};
use aftermatch_testdb::NatsServer;
use tokio::time::timeout;

use super::*;
use crate::options::Options;

const ROOM: RoomId = RoomId(1);

/// How long a connection may take to do what is expected of it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs `server` at this connection while another process publishes in the room, until an
/// event is received.
async fn receives(server: &Server, client: &Client, other: &Client) {
    let event = RemoteEvent {
        room: ROOM,
        epoch: Epoch { store: 1, room: 2 },
        seq: Seq(3),
        content: None,
    };
    let line = lines::event(&event, MAX_BYTES).unwrap();
    let publishing = async {
        loop {
            let published = publish(other, server.subjects.room(ROOM), line.clone()).await;
            published.unwrap();
            sleep(Duration::from_millis(10)).await;
        }
    };
    let received = server.events.receive(publishing);
    let running = server.subscribe(client);
    tokio::select! {
        received = timeout(TIMEOUT, received) => assert_eq!(received.unwrap()[0], event),
        ended = running => panic!("the connection ended: {ended:?}"),
    }
}

fn server(nats: &NatsServer) -> Server {
    let options = Options {
        servers: Vec::new(),
        credentials: None,
    };
    let address = Address::new(&nats.url(), &options).unwrap();
    Server::new(address, "test", &Arc::default(), &Arc::default())
}

#[tokio::test]
async fn next_connection_subscribes_to_all_again() {
    let nats = NatsServer::start().await;
    let server = server(&nats);
    let connect = async || async_nats::connect(nats.url()).await.unwrap();
    let other = connect().await;
    server.outgoing.want(ROOM, true);
    for _ in 0..2 {
        receives(&server, &connect().await, &other).await;
    }
}

#[tokio::test]
async fn brand_that_went_is_not_online() {
    const BRANDS: i64 = 500;
    let nats = NatsServer::start().await;
    let server = server(&nats);
    server.processes.want_online(true);
    let client = async_nats::connect(nats.url()).await.unwrap();
    let other = async_nats::connect(nats.url()).await.unwrap();
    let say = async |subject, verb, brand| {
        let brands = lines::ids(verb, &HashSet::from([BrandId(brand)]));
        let said = lines::from(7) + &brands.concat();
        publish(&other, subject, said).await.unwrap();
    };
    let subscribed = async {
        loop {
            say(server.subjects.control(), lines::ONLINE, BRANDS).await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    let told = async {
        drop(server.signals.receive(subscribed).await);
        for brand in 0..BRANDS {
            say(server.subjects.own(server.process), lines::ONLINE, brand).await;
            say(server.subjects.control(), lines::OFFLINE, brand).await;
        }
        say(server.subjects.control(), lines::OFFLINE, BRANDS).await;
        let mut online = HashSet::from([BrandId(BRANDS)]);
        while online.contains(&BrandId(BRANDS)) {
            for signal in server.signals.receive(pending()).await {
                match signal {
                    Signal::Presence {
                        brand,
                        is_online: true,
                    } => online.insert(brand),
                    Signal::Presence { brand, .. } => online.remove(&brand),
                    other => panic!("{other:?}"),
                };
            }
        }
        online
    };
    let running = server.subscribe(&client);
    tokio::select! {
        online = timeout(TIMEOUT, told) => assert_eq!(online.unwrap(), HashSet::new()),
        ended = running => panic!("the connection ended: {ended:?}"),
    }
}
