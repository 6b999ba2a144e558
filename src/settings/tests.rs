use clap::CommandFactory;

use super::*;

fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from([&["aftermatch"], arguments].concat())
}

fn serve(arguments: &[&str]) -> Serve {
    parse(arguments)
        .unwrap_or_else(|error| panic!("{error}"))
        .serve
}

fn refused(arguments: &[&str]) -> String {
    let error = parse(arguments).err().expect("a refusal");
    with_variable(error).to_string()
}

fn names(environment: &[&str]) -> Result<(), String> {
    let pairs = environment.iter().map(|name| ((*name).into(), "1".into()));
    check_names(pairs).map_err(|error| error.to_string())
}

#[test]
fn command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn limit_comes_from_its_own_flag() {
    let limits = serve(&[
        "--max-connections=1",
        "--max-connections-per-user=2",
        "--max-frame-bytes=3",
        "--max-requests-per-second=10",
        "--max-writes-per-second=6",
        "--max-outbox-frames=4",
        "--max-outbox-bytes=5",
        "--ping-interval=7s",
        "--idle-timeout=8s",
        "--shutdown-timeout=9s",
        "--drain-time=11s",
    ])
    .limits();
    let counts = [
        limits.connections,
        limits.connections_per_user,
        limits.frame_bytes,
        limits.outbox_frames,
        limits.outbox_bytes,
    ];
    let times = [limits.ping, limits.idle, limits.shutdown, limits.drain];
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    assert_eq!(limits.requests_per_second, Some(10));
    assert_eq!(limits.writes_per_second, Some(6));
    assert_eq!(times, [7, 8, 9, 11].map(Duration::from_secs));
}

#[test]
fn limit_of_a_rate_can_be_lifted() {
    let limits = serve(&[
        "--max-requests-per-second=off",
        "--max-writes-per-second=off",
    ])
    .limits();
    assert_eq!(limits.requests_per_second, None);
    assert_eq!(limits.writes_per_second, None);
    for wrong in ["0", "-1", "1.5", "OFF", "", "1000001"] {
        let flag = format!("--max-writes-per-second={wrong}");
        let error = refused(&[&flag]);
        let sentence = "a whole number from 1 to 1000000 is needed, or `off`";
        assert!(error.contains(sentence), "{wrong}: {error}");
    }
}

#[test]
fn defaults_are_valid() {
    let defaults = serve(&[]);
    assert!(defaults.check().is_ok());
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    let origins = hosts.map(|host| host.parse().expect("an origin"));
    assert_eq!(defaults.allowed_origins, origins);
    assert!(read_world(None).is_ok(), "the demo world");
}

#[test]
fn idle_timeout_exceeds_ping_interval() {
    for (ping, idle, good) in [
        ("10s", "11s", true),
        ("10s", "10s", false),
        ("1m", "10s", false),
    ] {
        let flags = [
            format!("--ping-interval={ping}"),
            format!("--idle-timeout={idle}"),
        ];
        let checked = serve(&[&flags[0], &flags[1]]).check();
        assert_eq!(checked.is_ok(), good, "{flags:?}");
    }
}

#[test]
fn user_never_gets_all_connections() {
    for (all, of_user, good) in [("10", "9", true), ("10", "10", false), ("10", "11", false)] {
        let flags = [
            format!("--max-connections={all}"),
            format!("--max-connections-per-user={of_user}"),
        ];
        let checked = serve(&[&flags[0], &flags[1]]).check();
        assert_eq!(checked.is_ok(), good, "{flags:?}");
    }
    for (all, of_user) in [("10000", 100), ("200", 100), ("30", 15), ("1", 1)] {
        let settings = serve(&[&format!("--max-connections={all}")]);
        assert!(settings.check().is_ok());
        assert_eq!(settings.limits().connections_per_user, of_user, "of {all}");
    }
}

#[test]
fn bad_value_names_flag_variable_and_advice() {
    for (flag, value, needed) in [
        ("max-connections", "0", "a whole number of at least 1"),
        ("max-text-chars", "-1", "a whole number of at least 1"),
        ("max-frame-bytes", "64k", "a whole number of at least 1"),
        ("max-outbox-bytes", "1000000001", "at most 1000000000"),
        (
            "max-connections",
            "18446744073709551616",
            "at most 1000000000",
        ),
        ("idle-timeout", "300000000000y", "at most 1day"),
        ("ping-interval", "86401s", "at most 1day"),
        ("handshake-timeout", "1year", "at most 1day"),
        ("shutdown-timeout", "2days", "at most 1day"),
        ("drain-time", "2days", "at most 1day"),
        ("statement-timeout", "300000000000y", "at most 1day"),
        ("keep-deleted", "36501days", "at most 36500days"),
        ("ping-interval", "25", "a time with its unit"),
        ("idle-timeout", "0s", "a time with its unit"),
        ("keep-deleted", "59s", "at least 1m is needed"),
        ("keep-deleted", "90", "a time with its unit"),
        ("token-leeway", "500ms", "whole seconds are needed"),
        ("token-leeway", "1month", "at most a day"),
        (
            "log",
            "aftermatch=loud",
            "write a level (error, warn, info, debug, trace)",
        ),
        ("log-format", "xml", "[possible values: text, json]"),
        ("world", "", "a value is required"),
    ] {
        let error = refused(&[&format!("--{flag}={value}")]);
        let variable = format!("CHAT_{}", flag.to_uppercase().replace('-', "_"));
        for part in [flag, &variable, needed] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn times_at_their_limits_are_accepted() {
    for (keep, seconds) in [
        ("1m", 60),
        ("90d", 90 * 86_400),
        ("36500d", 36_500 * 86_400),
    ] {
        let settings = serve(&[&format!("--keep-deleted={keep}")]);
        assert_eq!(settings.keep_deleted, Duration::from_secs(seconds));
    }
    for (leeway, seconds) in [("0s", 0), ("30s", 30), ("1day", 86_400)] {
        let settings = serve(&[&format!("--token-leeway={leeway}")]);
        assert_eq!(settings.token_leeway, Duration::from_secs(seconds));
    }
}

#[test]
fn error_without_variable_names_none() {
    assert!(!refused(&["--nonsense"]).contains("CHAT_"));
    let error = refused(&["token", "--user", "0"]);
    assert!(
        error.contains("an id is a whole number of at least 1"),
        "{error}"
    );
    assert!(!error.contains("CHAT_"), "{error}");
}

#[test]
fn misspelt_variable_gets_suggestion() {
    for (name, meant) in [
        ("CHAT_LISTN", "CHAT_LISTEN"),
        ("CHAT_JWT_SECRETS", "CHAT_JWT_SECRET"),
        ("CHAT_JWT_SECRETFILE", "CHAT_JWT_SECRET_FILE"),
        ("CHAT_MAX_CONNECTION", "CHAT_MAX_CONNECTIONS"),
        ("CHAT_ALLOWED_ORIGIN", "CHAT_ALLOWED_ORIGINS"),
        ("CHAT_PING_INTERVALL", "CHAT_PING_INTERVAL"),
    ] {
        let error = names(&["PATH", name]).expect_err(name);
        let sentence = format!("{name} is not a setting: did you mean {meant}?");
        assert!(error.contains(&sentence), "{error}");
    }
}

#[test]
fn all_misspelt_variables_are_reported() {
    let error = names(&["CHAT_ONE", "CHAT_LISTEN", "CHAT_TWO"]).expect_err("two are unknown");
    assert!(error.contains("CHAT_ONE is not a setting"), "{error}");
    assert!(error.contains("CHAT_TWO is not a setting"), "{error}");
    assert!(!error.contains("CHAT_LISTEN is not a setting"), "{error}");
}

#[test]
fn other_variables_are_ignored() {
    assert_eq!(
        names(&[
            "PATH",
            "CHATTY",
            "WECHAT_KEY",
            "CHAT_JWT_SECRET",
            "CHAT_LOG"
        ]),
        Ok(())
    );
}

#[test]
fn variables_of_kubernetes_are_no_settings() {
    let check =
        |name: &str, value: &str| check_names([(name.into(), value.into())].into_iter()).is_ok();
    for (name, value) in [
        ("CHAT_SERVICE_HOST", "10.0.0.1"),
        ("CHAT_SERVICE_PORT", "8000"),
        ("CHAT_SERVICE_PORT_HTTP", "8000"),
        ("CHAT_PORT", "tcp://10.0.0.1:8000"),
        ("CHAT_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("CHAT_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("CHAT_WEB_PORT_8000_TCP_PROTO", "tcp"),
    ] {
        assert!(check(name, value), "{name}");
    }
    for (name, value) in [
        ("CHAT_PORT", "8000"),
        ("CHAT_HOST", "10.0.0.1"),
        ("CHAT_SERVICE_PORT", "http"),
        ("CHAT_PORT_8000", "8000"),
    ] {
        assert!(!check(name, value), "{name}");
    }
}

#[test]
fn misspelt_database_is_found_unless_there_is_one() {
    for name in ["DATABASE_ULR", "DATABASE_URI", "DATABSE_URL"] {
        let error = names(&[name]).expect_err(name);
        assert!(error.contains("did you mean DATABASE_URL?"), "{error}");
        assert!(names(&[name, "DATABASE_URL"]).is_ok());
    }
    assert!(names(&["DATABASE_HOST", "DATABASE"]).is_ok());
}

#[test]
fn longest_text_must_fit_into_a_frame() {
    for (flags, good) in [
        (&["--max-text-chars=16134"][..], true),
        (&["--max-text-chars=16135"], false),
        (&["--max-text-chars=100000"], false),
        (
            &["--max-text-chars=100000", "--max-frame-bytes=401000"],
            true,
        ),
    ] {
        assert_eq!(serve(flags).check().is_ok(), good, "{flags:?}");
    }
    for (frame, longest) in [(41_000, 10_000), (40_999, 9_999), (2_000, 250), (3, 1)] {
        let settings = serve(&[&format!("--max-frame-bytes={frame}")]);
        assert!(settings.check().is_ok());
        assert_eq!(settings.max_text_chars(), longest, "{frame}");
    }
}

#[test]
fn probes_need_an_address_of_their_own() {
    for (chat, operators, good) in [
        ("127.0.0.1:8000", "127.0.0.1:9000", true),
        ("127.0.0.1:8000", "127.0.0.1:8000", false),
        // Each gets a free port.
        ("127.0.0.1:0", "127.0.0.1:0", true),
    ] {
        let flags = [
            format!("--listen={chat}"),
            format!("--ops-listen={operators}"),
        ];
        let checked = serve(&[&flags[0], &flags[1]]).check();
        assert_eq!(checked.is_ok(), good, "{flags:?}");
    }
}

#[test]
fn replica_needs_a_database() {
    let replica = ["--replica-url", "postgres://localhost/aftermatch"];
    let message = serve(&replica).check().unwrap_err().to_string();
    assert!(message.contains("set DATABASE_URL, or"), "{message}");
}

#[test]
fn nats_needs_a_database_and_credentials_need_nats() {
    let file = ["--relay-credentials-file", "nats.creds"];
    let message = serve(&file).check().unwrap_err().to_string();
    assert!(message.contains("set CHAT_RELAY, or"), "{message}");
    let mut arguments = vec!["--relay", "nats://localhost:4222"];
    arguments.extend(file);
    let message = serve(&arguments).check().unwrap_err().to_string();
    assert!(message.contains("set DATABASE_URL, or"), "{message}");
    arguments.extend(["--database-url", "postgres://localhost/aftermatch"]);
    serve(&arguments).check().expect("the settings are valid");
}

#[test]
fn attachment_secret_is_read_and_long_enough() {
    assert!(matches!(serve(&[]).attachments.signatures(), Ok(None)));
    for (secret, needed) in [
        ("x".repeat(32) + "\n", None),
        (
            "x".repeat(31) + "\n",
            Some("has 31 bytes: at least 32 are needed"),
        ),
        (String::new(), Some("has 0 bytes: at least 32 are needed")),
    ] {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), secret).expect("written");
        let flag = format!("--attachment-secret-file={}", file.path().display());
        let signatures = serve(&[&flag]).attachments.signatures();
        match needed {
            None => assert!(matches!(signatures, Ok(Some(_)))),
            Some(needed) => {
                let error = signatures.err().expect("a refusal").to_string();
                assert!(error.contains(needed), "{error}");
                assert!(error.contains("CHAT_ATTACHMENT_SECRET_FILE"), "{error}");
            }
        }
    }
    let missing = serve(&["--attachment-secret-file=/nowhere"]);
    let error = missing.attachments.signatures().err().expect("a refusal");
    assert!(
        error
            .to_string()
            .contains("cannot read the secret in /nowhere"),
        "{error}"
    );
}

#[test]
fn all_contradictions_are_found() {
    let settings = serve(&[
        "--ping-interval=10s",
        "--idle-timeout=10s",
        "--max-connections=5",
        "--max-connections-per-user=5",
    ]);
    assert_eq!(settings.contradictions().len(), 2);
    let error = settings.check().expect_err("two are wrong").to_string();
    for part in ["CHAT_PING_INTERVAL", "CHAT_MAX_CONNECTIONS_PER_USER"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn usual_words_for_yes_and_no_are_understood() {
    for (word, expected) in [("True", true), ("1", true), ("no", false), ("off", false)] {
        let settings = serve(&[&format!("--page={word}")]);
        assert_eq!(settings.page(!expected), expected, "{word}");
    }
}
