use aftermatch_test_support::{Client, aftermatch, file_with};
use tempfile::NamedTempFile;

#[tokio::test]
async fn world_file_mistakes_reported_with_lines() {
    let file = file_with(
        br#"{
  "users": [{"id": 3}, {"id": 3}],
  "brands": [
    {"id": 1, "user_id": 8},
    {"id": 2, "user_id": 3, "tariff": "gold"}
  ],
  "rooms": [{"id": 1, "participants": [1, 6]}],
  "mesages": []
}"#,
    );
    let name = file.path().display().to_string();
    let flag = format!("--world={name}");
    for command in [
        aftermatch(&[&flag]),
        aftermatch(&[]).env("CHAT_WORLD", &name),
    ] {
        let complaint = command.expect_refusal().await;
        assert!(complaint.contains(&name), "{complaint}");
        for mistake in [
            "line 2: users[1].id ",
            "line 4: brands[0].user_id ",
            "line 5: brands[1].tariff ",
            "line 7: rooms[0].participants[1] ",
            "line 8: mesages ",
        ] {
            assert_eq!(
                complaint.matches(mistake).count(),
                1,
                "{mistake}: {complaint}"
            );
        }
    }
}

#[tokio::test]
async fn invalid_world_file_refused_by_name() {
    let no_utf8 = file_with(b"{\"users\": [{\"id\": 1, \"profile\": {\"fullname\": \"\xC0\"}}]}");
    let no_json = file_with(b"users:\n  - 3\n");
    let empty = file_with(b"");
    let files = [no_utf8, no_json, empty].map(NamedTempFile::into_temp_path);
    let mut names: Vec<_> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    names.extend([
        "/no/such/world.json".to_owned(),
        std::env::temp_dir().display().to_string(),
    ]);
    for (name, reason) in
        names
            .iter()
            .zip(["UTF-8", "line 1", "is empty", "No such file", "directory"])
    {
        let complaint = aftermatch(&["--world", name]).expect_refusal().await;
        assert!(
            complaint.contains(name.as_str()) && complaint.contains(reason),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn valid_world_file_served() {
    let file = file_with(
        br#"{
  "users": [{"id": 3}],
  "brands": [{"id": 1, "user_id": 3, "profile": {"fullname": "Ann"}}],
  "rooms": [{"id": 77, "participants": [1]}]
}"#,
    );
    let service = aftermatch(&[])
        .env("CHAT_WORLD", file.path())
        .start_demo()
        .await;
    assert!(service.banner.contains("Ann"), "{}", service.banner);
    let mut ann = Client::connect(service.address(), "/ws/chat/", service.tokens()[0]).await;
    assert_eq!(ann.join(77).await["data"]["pk"], 77);
}
