use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::transport::frame::TextFrame;

/// An outbox, and the other side of its connection.
pub(crate) async fn outbox(max_frames: usize, max_bytes: usize) -> (Outbox, TcpStream) {
    outbox_with(None, max_frames, max_bytes).await
}

/// The same for a client that may compress.
pub(crate) async fn outbox_with(
    compression: Option<Compression>,
    max_frames: usize,
    max_bytes: usize,
) -> (Outbox, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (server, client) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (_, writer) = server.expect("connected").into_split();
    writer.writable().await.expect("writable");
    let outbox = Outbox::new(writer, compression, max_frames, max_bytes, Arc::default());
    (outbox, client.expect("accepted").0)
}

/// Removes what waits.
pub(crate) fn waiting(outbox: &Outbox) -> Vec<Bytes> {
    outbox.state.lock().queue.take_all()
}

/// An outbox whose socket takes no more.
async fn stuck(max_frames: usize, max_bytes: usize) -> (Outbox, TcpStream, usize) {
    let (mut outbox, client) = outbox(1_000_000, usize::MAX).await;
    let mut written = 0;
    while outbox.blocked().is_none() {
        outbox.push(frame(60_000));
        outbox.flush();
        written += 60_000;
    }
    (outbox.max_frames, outbox.max_bytes) = (max_frames, max_bytes);
    (outbox, client, written)
}

async fn closing(outbox: &Outbox) -> Close {
    poll_fn(|context| outbox.poll(context)).await
}

fn frame(length: usize) -> Bytes {
    vec![b'x'; length].into()
}

async fn read(connection: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    connection.read_exact(&mut read).await.expect("written");
    read
}

#[tokio::test]
async fn burst_is_written_in_order() {
    let (outbox, mut client) = outbox(1_000, 100_000).await;
    let letters: Vec<u8> = (0..200).map(|n| b'a' + n % 26).collect();
    for letter in &letters {
        outbox.push(Bytes::copy_from_slice(&[*letter]));
    }
    outbox.flush();
    assert_eq!(read(&mut client, 200).await, letters);
}

/// What is sent on a connection that is closed so after the first frame.
async fn sent_around(close: Close) -> String {
    let (outbox, mut client) = outbox(10, 100).await;
    outbox.push(Bytes::from_static(b"one "));
    outbox.close(close);
    outbox.close(Close::NORMAL);
    assert_eq!(closing(&outbox).await, close, "the first reason counts");
    outbox.respond(Bytes::from_static(b"two "));
    outbox.end(close, Bytes::from_static(b"last"));
    poll_fn(|context| outbox.poll_empty(context)).await;
    outbox.push(Bytes::from_static(b"three "));
    drop(outbox);
    let mut all = String::new();
    client.read_to_string(&mut all).await.expect("closed");
    all
}

#[tokio::test]
async fn last_frame_follows_all_that_waits() {
    assert_eq!(sent_around(Close::DEACTIVATED).await, "one last");
}

#[tokio::test]
async fn responses_in_flight_are_sent_when_service_stops() {
    assert_eq!(sent_around(Close::GOING_AWAY).await, "one two last");
}

#[tokio::test]
async fn prompt_reader_gets_more_than_limits() {
    let (outbox, mut client) = outbox(2, 100).await;
    for _ in 0..50 {
        outbox.push(frame(60));
    }
    outbox.flush();
    assert_eq!(read(&mut client, 3_000).await.len(), 3_000);
    assert!(outbox.state.lock().close.is_none());
}

#[tokio::test]
async fn full_outbox_closes_and_frees_memory() {
    for (max_frames, max_bytes) in [(100, usize::MAX), (usize::MAX, 1_000_000)] {
        let (outbox, mut client, written) = stuck(max_frames, max_bytes).await;
        let partial = outbox.state.lock().queue.is_partial();
        let (_, left) = outbox.state.lock().queue.size();
        for _ in 0..200 {
            outbox.push(frame(60_000));
        }
        assert_eq!(closing(&outbox).await, Close::TOO_SLOW);
        let (waiting, _) = outbox.state.lock().queue.size();
        assert_eq!(
            waiting,
            usize::from(partial),
            "a frame that has begun is completed"
        );
        outbox.end(Close::TOO_SLOW, Bytes::from_static(b"last"));
        let all = if partial { written } else { written - left };
        let end = poll_fn(|context| outbox.poll_empty(context));
        let (read, ()) = tokio::join!(read(&mut client, all + 4), end);
        assert!(read.ends_with(b"xxlast"));
    }
}

#[tokio::test]
async fn blocked_frames_are_written_later() {
    let (outbox, mut client, written) = stuck(1_000_000, usize::MAX).await;
    outbox.push(Bytes::from_static(b"more"));
    outbox.flush();
    assert!(!outbox.has_room() || outbox.blocked().is_some());
    let reading = read(&mut client, written + 4);
    let writing = poll_fn(|context| outbox.poll_empty(context));
    let (read, ()) = tokio::join!(reading, writing);
    assert!(read.ends_with(b"xxmore"));
    assert_eq!(outbox.blocked(), None);
}

#[tokio::test]
async fn lost_connection_is_closed() {
    let (outbox, mut client) = outbox(10, 100_000).await;
    client.write_all(b"x").await.expect("written");
    client.set_zero_linger().expect("set");
    drop(client);
    // The first write after the end reports it.
    while outbox.state.lock().close.is_none() {
        outbox.push(frame(1));
        outbox.flush();
        tokio::task::yield_now().await;
    }
    assert_eq!(closing(&outbox).await, Close::NORMAL);
}

#[tokio::test]
async fn single_frame_may_exceed_limits() {
    let (outbox, mut client) = outbox(10, 100).await;
    outbox.push(frame(1_000_000));
    outbox.flush();
    let writing = poll_fn(|context| outbox.poll_empty(context));
    let (read, ()) = tokio::join!(read(&mut client, 1_000_000), writing);
    assert_eq!(read.len(), 1_000_000);
}

#[tokio::test]
async fn metrics_count_what_waits() {
    let (outbox, _there, _) = stuck(1_000_000, usize::MAX).await;
    outbox.push(frame(1_000));
    outbox.flush();
    outbox.begin(frame(1_000));
    outbox.push(frame(1_000));
    outbox.flush();
    let (frames, bytes) = outbox.state.lock().queue.total();
    assert!(bytes >= 3_000);
    let metrics = outbox.metrics.clone();
    let counted = || {
        let (frames, bytes) = (metrics.outbox_frames.get(), metrics.outbox_bytes.get());
        assert_eq!(metrics.held_bytes.get(), bytes);
        (frames as usize, bytes as usize)
    };
    assert_eq!(counted(), (frames, bytes));
    drop(outbox);
    assert_eq!(counted(), (0, 0));
}

/// What the client reads until the outbox is empty.
async fn written(outbox: &Outbox, client: &mut TcpStream, bytes: usize) -> String {
    let writing = poll_fn(|context| outbox.poll_empty(context));
    let (read, ()) = tokio::join!(read(client, bytes), writing);
    String::from_utf8(read).expect("text")
}

#[tokio::test]
async fn events_wait_behind_response_in_fragments() {
    let (outbox, mut client) = outbox(10, 100).await;
    outbox.push(Bytes::from_static(b"before "));
    outbox.begin(Bytes::from_static(b"long "));
    outbox.push(Bytes::from_static(b"event "));
    outbox.begin(Bytes::from_static(b"longer "));
    outbox.push(Bytes::from_static(b"another "));
    outbox.complete(Bytes::from_static(b"longest "));
    outbox.push(Bytes::from_static(b"after"));
    outbox.flush();
    let all = "before long longer longest event another after";
    assert_eq!(written(&outbox, &mut client, all.len()).await, all);
}

#[tokio::test]
async fn events_behind_unfinished_response_are_never_sent() {
    let (outbox, mut client) = outbox(10, 100).await;
    outbox.begin(Bytes::from_static(b"begun "));
    outbox.push(Bytes::from_static(b"event "));
    outbox.end(Close::NORMAL, Bytes::from_static(b"last"));
    drop(outbox);
    let mut all = String::new();
    client.read_to_string(&mut all).await.expect("closed");
    assert_eq!(all, "begun last");
}

#[tokio::test]
async fn responses_and_frame_that_has_begun_do_not_count() {
    let (outbox, _client, _) = stuck(2, 1_000).await;
    outbox.respond(frame(1_000_000));
    for _ in 0..2 {
        outbox.push(frame(500));
    }
    assert!(outbox.state.lock().close.is_none());
    outbox.push(frame(1));
    assert_eq!(closing(&outbox).await, Close::TOO_SLOW);
}

#[tokio::test]
async fn compressed_frames_count_with_what_they_hold() {
    let compression = Some(Compression { window_bits: None });
    let (outbox, _client) = outbox_with(compression, 10, 100_000).await;
    let mut text = TextFrame::new();
    text.payload().extend_from_slice(&[b'a'; 10_000]);
    let frame = outbox.form(&mut text.finish().into());
    outbox.push(frame.clone());
    assert!(frame.len() < 100);
    let (_, bytes) = outbox.state.lock().queue.size();
    assert_eq!(bytes, frame.len());
}

#[tokio::test]
async fn events_behind_long_response_count() {
    let (outbox, _client, _) = stuck(2, 1_000).await;
    outbox.begin(frame(1_000_000));
    for _ in 0..3 {
        outbox.push(frame(1));
    }
    assert_eq!(closing(&outbox).await, Close::TOO_SLOW);
}

#[tokio::test(start_paused = true)]
async fn reader_who_takes_nothing_is_not_waited_for() {
    let (outbox, _client, _) = stuck(10, 100).await;
    let room = outbox.make_room(Duration::from_secs(60)).await;
    assert!(room.is_err());
    assert_eq!(closing(&outbox).await, Close::TOO_SLOW);
}
