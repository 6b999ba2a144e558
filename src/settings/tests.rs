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
    let error = parse(arguments).err().expect("not to be accepted");
    with_variable(error).to_string()
}

fn names(environment: &[&str]) -> Result<(), String> {
    let pairs = environment.iter().map(|name| ((*name).into(), "1".into()));
    check_names(&Cli::command(), pairs).map_err(|error| error.to_string())
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_limit_comes_from_its_own_flag() {
    let limits = serve(&[
        "--max-connections=1",
        "--max-connections-per-user=2",
        "--max-frame-bytes=3",
        "--max-requests-per-second=10",
        "--max-outbox-frames=4",
        "--max-outbox-bytes=5",
        "--handshake-timeout=6s",
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
    let times = [
        limits.handshake,
        limits.ping,
        limits.idle,
        limits.shutdown,
        limits.drain,
    ];
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    assert_eq!(limits.requests_per_second, Some(10));
    assert_eq!(times, [6, 7, 8, 9, 11].map(Duration::from_secs));
}

#[test]
fn the_settings_that_nobody_gave_are_good() {
    let defaults = serve(&[]);
    assert!(defaults.check().is_ok());
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    let origins = hosts.map(|host| host.parse().expect("an origin"));
    assert_eq!(defaults.allowed_origins, origins);
    assert!(world(None).is_ok(), "the demo world");
}

#[test]
fn a_quiet_client_must_have_time_to_answer_a_ping() {
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
fn a_bad_value_is_told_with_flag_variable_and_what_would_be_right() {
    for (flag, value, needed) in [
        ("max-connections", "0", "a whole number of at least 1"),
        ("max-text-chars", "-1", "a whole number of at least 1"),
        ("max-frame-bytes", "64k", "a whole number of at least 1"),
        ("ping-interval", "25", "a time with its unit"),
        ("idle-timeout", "0s", "a time with its unit"),
        (
            "log",
            "aftermatch=loud",
            "write a level (error, warn, info, debug, trace)",
        ),
        ("log-format", "xml", "[possible values: text, json]"),
        ("world", "", "a value is required"),
    ] {
        let said = refused(&[&format!("--{flag}={value}")]);
        let variable = format!("CHAT_{}", flag.to_uppercase().replace('-', "_"));
        for part in [flag, &variable, needed] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn an_error_that_is_nobodys_variable_is_left_alone() {
    assert!(!refused(&["--nonsense"]).contains("CHAT_"));
    let said = refused(&["token", "--user", "0"]);
    assert!(
        said.contains("an id is a whole number of at least 1"),
        "{said}"
    );
    assert!(!said.contains("CHAT_"), "{said}");
}

#[test]
fn a_misspelt_variable_is_told_with_the_name_that_was_meant() {
    for (name, meant) in [
        ("CHAT_LISTN", "CHAT_LISTEN"),
        ("CHAT_JWT_SECRETS", "CHAT_JWT_SECRET"),
        ("CHAT_JWT_SECRETFILE", "CHAT_JWT_SECRET_FILE"),
        ("CHAT_MAX_CONNECTION", "CHAT_MAX_CONNECTIONS"),
        ("CHAT_ALLOWED_ORIGIN", "CHAT_ALLOWED_ORIGINS"),
        ("CHAT_PING_INTERVALL", "CHAT_PING_INTERVAL"),
    ] {
        let said = names(&["PATH", name]).expect_err(name);
        let sentence = format!("{name} is no setting: did you mean {meant}?");
        assert!(said.contains(&sentence), "{said}");
    }
}

#[test]
fn every_misspelt_variable_is_told_at_once() {
    let said = names(&["CHAT_ONE", "CHAT_LISTEN", "CHAT_TWO"]).expect_err("two are unknown");
    assert!(said.contains("CHAT_ONE is no setting"), "{said}");
    assert!(said.contains("CHAT_TWO is no setting"), "{said}");
    assert!(!said.contains("CHAT_LISTEN is no setting"), "{said}");
}

#[test]
fn the_variables_of_others_are_none_of_ours() {
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
