use aftermatch_ports::model::{Epoch, Seq};
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
            let published = publish(other, server.room(ROOM), line.clone()).await;
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

#[tokio::test]
async fn next_connection_subscribes_to_all_again() {
    let nats = NatsServer::start().await;
    let options = Options {
        servers: Vec::new(),
        credentials: None,
    };
    let address = Address::new(&nats.url(), &options).unwrap();
    let server = Server::new(address, "test", &Arc::default(), &Arc::default());
    let connect = async || async_nats::connect(nats.url()).await.unwrap();
    let other = connect().await;
    server.outgoing.want(ROOM, true);
    for _ in 0..2 {
        receives(&server, &connect().await, &other).await;
    }
}
