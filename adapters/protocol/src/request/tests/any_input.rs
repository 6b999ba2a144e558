//! The decoder against any input.

use proptest::prelude::*;

use super::*;

/// Pieces of requests, put together in any order: close enough to a request to
/// get deep into the decoder.
fn almost_a_request() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "d800",
        "\"action\"",
        "\"list\"",
        "null",
        "\"create_message\"",
        "\"msg_text\"",
        "\"request_id\"",
        "\"msg_id_list\"",
        "1",
        "-",
        ".",
        "e9",
        "\"delete_messages\"",
        " ",
        "\u{0}",
        "\u{feff}",
        "ж",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_frame_is_decoded_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in almost_a_request(),
    ) {
        let _ = decode(&bytes, Endpoint::Chat);
        let _ = decode(text.as_bytes(), Endpoint::AdminChat);
    }

    #[test]
    fn any_text_is_decoded_unchanged(text: String, id: i64) {
        let frame = serde_json::json!({"action": "create_message", "msg_text": text, "request_id": id});
        let frame = frame.to_string();
        let request = decoded(&frame).expect("a good request");
        prop_assert_eq!(request.parameters, Parameters::CreateMessage { text: text.into(), attachments: vec![], client_msg_id: None });
        prop_assert_eq!(request.request_id, RequestId::new(id.to_string()));
    }

    #[test]
    fn truncated_request_is_refused(cut in 0usize..60) {
        let whole = r#"{"action":"edit_message","msg_id":18,"edited_msg_text":"b","request_id":1}"#;
        prop_assert_eq!(refusal(&whole[..cut]).2, ErrorCode::NotJson);
    }
}
