use aftermatch_test_support::{
    HttpRequest, RawSocket, Service, Setup, masked, on_every_store, token_for,
};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::{Value, json};

/// What ends every compressed message, and is left out.
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(text.len() + 100);
    Compress::new(Compression::default(), false)
        .compress_vec(text, &mut payload, FlushCompress::Sync)
        .expect("deflated");
    assert_eq!(payload.split_off(payload.len() - TAIL.len()), TAIL);
    payload
}

fn inflate(mut payload: Vec<u8>) -> String {
    payload.extend(TAIL);
    let mut text = Vec::with_capacity(4 << 20);
    Decompress::new(false)
        .decompress_vec(&payload, &mut text, FlushDecompress::Sync)
        .expect("deflated by the service");
    String::from_utf8(text).expect("UTF-8")
}

/// A connection of Ann with this offer, and what the service answered to it.
async fn offering(service: &Service, offer: &str) -> (RawSocket, Option<String>) {
    let handshake = HttpRequest::websocket("/ws/chat/").bearer(&token_for(3));
    let handshake = handshake.header("Sec-WebSocket-Extensions", offer);
    let response = handshake.send(service.address).await;
    assert_eq!(response.status, 101, "{offer}");
    let accepted = response
        .header("sec-websocket-extensions")
        .map(str::to_owned);
    (response.raw(), accepted)
}

async fn compressing(service: &Service) -> RawSocket {
    let (socket, accepted) = offering(service, "permessage-deflate").await;
    let expected = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(accepted.as_deref(), Some(expected));
    socket
}

/// The text of the next message, and whether it was compressed.
async fn receive(socket: &mut RawSocket) -> (String, bool) {
    let (first, mut message) = socket.receive_frame().await;
    let mut last = first;
    while last & 0x80 == 0 {
        let (next, payload) = socket.receive_frame().await;
        assert_eq!(next & 0x7F, 0, "a frame that continues the message");
        message.extend(payload);
        last = next;
    }
    match first & 0x7F {
        0x41 => (inflate(message), true),
        0x01 => (String::from_utf8(message).expect("UTF-8"), false),
        other => panic!("not a text frame: {other:x}"),
    }
}

async fn request(socket: &mut RawSocket, request: &Value) -> (String, bool) {
    let request = request.to_string();
    socket
        .send(&masked(0xC1, &deflate(request.as_bytes())))
        .await;
    receive(socket).await
}

async fn join(socket: &mut RawSocket) {
    let join = json!({"action": "join_room", "room_pk": 1, "request_id": 1});
    let (response, _) = request(socket, &join).await;
    assert!(response.contains(r#""response_status":200"#), "{response}");
}

async fn event_compressed_for_those_who_offer(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let (mut ann, mut her_phone) = (compressing(&service).await, compressing(&service).await);
    join(&mut ann).await;
    join(&mut her_phone).await;
    let text = "hello again, ".repeat(30);
    let create = json!({"action": "create_message", "msg_text": text, "request_id": 2});
    let (response, compressed) = request(&mut ann, &create).await;
    assert!(compressed, "{response}");
    let event = bob.receive_text().await;
    assert_eq!(response, event);
    assert_eq!(receive(&mut her_phone).await, (event, true));
}

async fn short_response_not_compressed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = compressing(&service).await;
    let leave = json!({"action": "leave_room", "request_id": 1});
    let (response, compressed) = request(&mut ann, &leave).await;
    assert!(
        response.contains(r#""error_code":"not_in_room""#),
        "{response}"
    );
    assert!(!compressed);
    ann.send(&masked(0x89, &[b'a'; 125])).await;
    assert_eq!(ann.receive_frame().await, (0x8A, vec![b'a'; 125]));
}

async fn long_response_is_one_compressed_message(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    for number in 0..30 {
        bob.create(&format!("{number} and more. ").repeat(600))
            .await;
    }
    let pages = json!({"action": "get_room_messages", "page_number": 1, "request_id": 2});
    let mut ann = compressing(&service).await;
    join(&mut ann).await;
    let (page, compressed) = request(&mut ann, &pages).await;
    assert!(compressed);
    let plain = bob.request(pages).await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    assert_eq!(page["data"], plain["data"]);
    assert_eq!(page["request_id"], 2);
}

async fn compressed_request_in_fragments_answered(setup: Setup) {
    let service = setup.start().await;
    let mut ann = compressing(&service).await;
    let list = deflate(br#"{"action":"list","request_id":7}"#);
    let (begin, end) = list.split_at(list.len() / 2);
    ann.send(&[masked(0x41, begin), masked(0x89, b"?"), masked(0x80, end)].concat())
        .await;
    assert_eq!(ann.receive_frame().await, (0x8A, b"?".to_vec()));
    let (response, _) = receive(&mut ann).await;
    assert!(response.ends_with(r#""request_id":7}"#), "{response}");
}

async fn bad_compressed_message_closes(setup: Setup) {
    let service = setup.start().await;
    let bomb = deflate(&vec![b' '; 10_000_000]);
    let list = deflate(br#"{"action":"list","request_id":7}"#);
    for (case, bytes, code) in [
        ("a text over the limit", masked(0xC1, &bomb), 1009),
        ("not deflated", masked(0xC1, br#"{"action":"list"}"#), 1007),
        ("a part only", masked(0xC1, &list[..list.len() - 2]), 1007),
        ("a compressed ping", masked(0xC9, b""), 1002),
    ] {
        let mut ann = compressing(&service).await;
        ann.send(&bytes).await;
        assert_eq!(ann.receive_close_code().await, code, "{case}");
    }
}

async fn second_offer_accepted_with_window(setup: Setup) {
    let service = setup.start().await;
    let offers = "permessage-deflate; mystery, permessage-deflate; server_max_window_bits=9";
    let (mut ann, accepted) = offering(&service, offers).await;
    let accepted = accepted.expect("the second offer");
    assert!(
        accepted.ends_with("; server_max_window_bits=9"),
        "{accepted}"
    );
    join(&mut ann).await;
    let text = "longer than the window ".repeat(30);
    let create = json!({"action": "create_message", "msg_text": text, "request_id": 2});
    let (event, compressed) = request(&mut ann, &create).await;
    assert!(event.contains(&text), "{event}");
    assert!(!compressed);
}

async fn compression_can_be_switched_off(setup: Setup) {
    let service = setup
        .limits(|limits| limits.compression = false)
        .start()
        .await;
    let (mut ann, accepted) = offering(&service, "permessage-deflate").await;
    assert_eq!(accepted, None);
    ann.send(&masked(0xC1, &deflate(br#"{"action":"list"}"#)))
        .await;
    assert_eq!(ann.receive_close_code().await, 1002);
}

on_every_store!(
    event_compressed_for_those_who_offer,
    short_response_not_compressed,
    long_response_is_one_compressed_message,
    compressed_request_in_fragments_answered,
    bad_compressed_message_closes,
    second_offer_accepted_with_window,
    compression_can_be_switched_off,
);
