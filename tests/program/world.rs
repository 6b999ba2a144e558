use std::io::Write;

use tempfile::NamedTempFile;

use crate::{client::Client, command::aftermatch};

fn file_with(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("room on the disk");
    file
}

#[tokio::test]
async fn every_mistake_of_a_world_file_is_told_with_its_line() {
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
        aftermatch(&[]).with("CHAT_WORLD", &name),
    ] {
        let said = command.refuses().await;
        assert!(said.contains(&name), "{said}");
        for mistake in [
            "line 2: users[1].id ",
            "line 4: brands[0].user_id ",
            "line 5: brands[1].tariff ",
            "line 7: rooms[0].participants[1] ",
            "line 8: mesages ",
        ] {
            assert_eq!(said.matches(mistake).count(), 1, "{mistake}: {said}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_world_is_named() {
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
        let said = aftermatch(&["--world", name]).refuses().await;
        assert!(
            said.contains(name.as_str()) && said.contains(reason),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_good_world_file_is_served() {
    let file = file_with(
        br#"{
  "users": [{"id": 3}],
  "brands": [{"id": 1, "user_id": 3, "profile": {"fullname": "Ann"}}],
  "rooms": [{"id": 77, "participants": [1]}]
}"#,
    );
    let service = aftermatch(&[])
        .with("CHAT_WORLD", file.path())
        .start()
        .await;
    assert!(service.banner.contains("Ann"), "{}", service.banner);
    let mut ann = Client::connect(service.address(), "/ws/chat/", service.tokens()[0]).await;
    assert_eq!(ann.join(77).await["data"]["pk"], 77);
}
