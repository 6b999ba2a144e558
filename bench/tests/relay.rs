//! The load tool works with the relay.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

struct Relay(Child);

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_reader_gets_frames_of_requested_size() {
    let child = Command::new(env!("CARGO_BIN_EXE_relay"))
        .args(["--frame-bytes", "1000"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the relay starts");
    let mut relay = Relay(child);
    let mut address = String::new();
    BufReader::new(relay.0.stdout.take().expect("piped"))
        .read_line(&mut address)
        .expect("it prints its address");
    let output = Command::new(env!("CARGO_BIN_EXE_load"))
        .args(["chat", "--rooms", "2", "--members", "4", "--stalled", "1"])
        .args(["--window", "8", "--warmup", "0", "--seconds", "1"])
        .args(["--secret", "a secret that the relay ignores", "--json"])
        .args(["--url", &format!("ws://{}/", address.trim())])
        .output()
        .expect("the tool runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let figure = |name: &str| report["figures"][name].as_f64();
    assert_eq!(figure("frame_bytes"), Some(1000.0));
    assert_eq!((figure("refused"), figure("lost")), (Some(0.0), Some(0.0)));
    // The author and two readers. The last messages may not have arrived yet.
    let readers = figure("frames_per_s").zip(figure("creates_per_s"));
    let readers = readers.map(|(frames, creates)| (frames / creates).round());
    assert_eq!(readers, Some(3.0));
}
