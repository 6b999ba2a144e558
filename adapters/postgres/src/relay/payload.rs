//! Events as the text of notifications: `<room> <seq> <request id>`, one a line.

use std::mem;

use aftermatch_ports::{
    RemoteEvent,
    model::{RequestId, RoomId, Seq},
};

/// Postgres refuses a payload of 8,000 bytes.
const MAX_PAYLOAD_BYTES: usize = 7_999;

/// A longer request id is left out. Those of real clients are far shorter.
const MAX_REQUEST_ID_BYTES: usize = 1_000;

/// Packs events into as few payloads as possible.
pub(super) fn encode(events: &[RemoteEvent]) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut payload = String::new();
    for RemoteEvent {
        room,
        seq,
        request_id,
    } in events
    {
        let fits = |id: &&str| id.len() <= MAX_REQUEST_ID_BYTES && !id.contains(['\n', '\0']);
        let line = match request_id.as_str().filter(fits) {
            Some(id) => format!("{room} {seq} {id}\n"),
            None => format!("{room} {seq}\n"),
        };
        if payload.len() + line.len() > MAX_PAYLOAD_BYTES {
            payloads.push(mem::take(&mut payload));
        }
        payload.push_str(&line);
    }
    if !payload.is_empty() {
        payloads.push(payload);
    }
    payloads
}

/// The events of a payload. Skips lines that it does not understand: another version
/// of this program may have sent them.
pub(super) fn decode(payload: &str) -> impl Iterator<Item = RemoteEvent> {
    payload.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ' ');
        Some(RemoteEvent {
            room: RoomId(parts.next()?.parse().ok()?),
            seq: Seq(parts.next()?.parse().ok()?),
            request_id: parts.next().map_or(RequestId::NONE, RequestId::new),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(room: i64, seq: i64, request_id: Option<&str>) -> RemoteEvent {
        RemoteEvent {
            room: RoomId(room),
            seq: Seq(seq),
            request_id: request_id.map_or(RequestId::NONE, RequestId::new),
        }
    }

    fn round_trip(events: &[RemoteEvent]) -> Vec<RemoteEvent> {
        let payloads = encode(events);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        payloads
            .iter()
            .flat_map(|payload| decode(payload))
            .collect()
    }

    #[test]
    fn events_encoded_and_decoded_are_equal() {
        let long = format!("\"{}\"", r"\ud83e\udd80".repeat(64));
        let events = [
            event(1, 1, None),
            event(i64::MAX, i64::MAX, Some("1500000")),
            event(-2, 7, Some(r#""a string, with \n, spaces  and 🦀 ""#)),
            event(3, 8, Some(" 7")),
            event(3, 9, Some(&long)),
        ];
        assert_eq!(round_trip(&events), events);
        assert_eq!(round_trip(&[]), []);
    }

    #[test]
    fn many_events_take_several_payloads() {
        let events: Vec<_> = (1..=2_000).map(|seq| event(21, seq, Some("77"))).collect();
        assert!(encode(&events).len() > 1);
        assert_eq!(round_trip(&events), events);
    }

    #[test]
    fn unsuitable_request_id_is_left_out() {
        let long = "7".repeat(60_000);
        for id in [&long, "1\n2", "\0"] {
            let events = [event(1, 2, Some(id)), event(1, 3, Some("4"))];
            let expected = [event(1, 2, None), event(1, 3, Some("4"))];
            assert_eq!(round_trip(&events), expected);
        }
    }

    #[test]
    fn unknown_lines_are_skipped() {
        let decoded: Vec<_> = decode("\nx\n1\n1 y\n1 2 z\nhello world\n").collect();
        assert_eq!(decoded, [event(1, 2, Some("z"))]);
    }
}
