use super::*;
use std::path::PathBuf;

fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

fn with(variables: &[(&str, &str)]) -> Result<Config, SettingMistakes> {
    parse(&root("Leptos.toml"), variables)
}

fn parse(path: &Path, variables: &[(&str, &str)]) -> Result<Config, SettingMistakes> {
    let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::parse(path, variables.collect())
}

/// What is wrong with a file of these settings, which stand before the table of leptos.
#[track_caller]
fn mistakes_of(settings: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("Leptos.toml");
    let shipped = std::fs::read_to_string(root("Leptos.toml")).expect("the file");
    std::fs::write(&path, format!("{settings}{}", head_of(&shipped))).expect("written");
    let mistakes = parse(&path, &[]).expect_err("a mistake").0;
    let shown = path.display().to_string();
    mistakes.into_iter().map(|mistake| mistake.replace(&shown, "file")).collect()
}

#[track_caller]
fn check_variable(name: &str, value: &str, sentence: &str) {
    let mistakes = with(&[(name, value)]).expect_err("a mistake").0;
    assert_eq!(mistakes, [sentence], "exactly this mistake");
}

#[track_caller]
fn check_file(settings: &str, sentences: &[&str]) {
    assert_eq!(mistakes_of(settings), sentences);
}

#[test]
fn the_shipped_file_is_what_the_declarations_say() {
    let path = root("Leptos.toml");
    let found = std::fs::read_to_string(&path).expect("the file");
    let wanted = format!("{}\n{}", head_of(&found), document());
    if std::env::var_os("UPDATE_SETTINGS").is_some() {
        std::fs::write(&path, &wanted).expect("written");
        return;
    }
    let differs = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
    assert!(
        found == wanted,
        "Leptos.toml differs from the declarations in server/config/src, first in (expected, \
         found) {differs:?}. `UPDATE_SETTINGS=1 cargo test -p cadence-config` writes it anew. \
         Expected as a whole:\n{wanted}"
    );
}

/// The part of the file that is written by hand: all before the blank line behind the table of
/// leptos.
fn head_of(file: &str) -> &str {
    let leptos = file.find("\n[[workspace.metadata.leptos]]\n").expect("the table of leptos");
    let end = file[leptos..].find("\n\n").map_or(file.len(), |length| leptos + length + 1);
    &file[..end]
}

#[test]
fn the_shipped_file_sets_every_default() {
    let config = with(&[]).expect("the shipped file is right");
    assert_eq!(config.server, ServerSettings::default());
    assert_eq!(config.database, DatabaseSettings::default());
    assert_eq!(config.redis, RedisSettings::default());
    assert_eq!(config.gym, GymSettings::default());
    assert_eq!(config.desk, DeskSettings::default());
    assert_eq!(config.auth, AuthSettings::default());
    assert_eq!(config.limits, LimitSettings::default());
    assert_eq!(config.guitar, GuitarSettings::default());
    assert_eq!(config.retention, RetentionSettings::default());
    assert_eq!(config.log, LogSettings::default());
}

#[test]
fn every_table_and_setting_is_explained() {
    for table in config::tables() {
        assert!(!table.about.is_empty(), "[{}]", table.name);
        for setting in &table.settings {
            assert!(!setting.explanation.is_empty(), "[{}] {}", table.name, setting.key);
            for line in setting.explanation.iter().chain(table.about) {
                assert!(line.len() < 100, "this line of Leptos.toml is too long: {line}");
            }
        }
    }
}

#[test]
fn a_file_that_sets_less_is_read_with_the_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("Leptos.toml");
    let shipped = std::fs::read_to_string(root("Leptos.toml")).expect("the file");
    std::fs::write(&path, head_of(&shipped)).expect("written");
    let config = parse(&path, &[]).expect("the file of an earlier version is right");
    assert_eq!((config.gym, config.limits), (GymSettings::default(), LimitSettings::default()));
}

#[test]
fn leptos_toml_and_cargo_toml_agree() {
    let read = |name: &str| -> toml::Table {
        std::fs::read_to_string(root(name)).expect(name).parse().expect(name)
    };
    let leptos = |table: &toml::Table| {
        table["workspace"]["metadata"]["leptos"][0].as_table().expect("a table").clone()
    };
    let (run, build) = (leptos(&read("Leptos.toml")), leptos(&read("Cargo.toml")));
    for (key, value) in &run {
        assert_eq!(build.get(key), Some(value), "{key} differs");
    }
    assert!(!run.contains_key("hash-files"), "files.json of the build decides");
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = with(&[
        ("CADENCE_DATABASE__PATH", "/tmp/x.db"),
        ("CADENCE_LIMITS__BURST", "5000"),
        ("CADENCE_GYM__TIME_ZONE", "Europe/Madrid"),
        ("CADENCE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("CADENCE_AUTH__ALLOW_PLAIN_HTTP_SIGN_IN", "true"),
        ("CADENCE_LOG__FORMAT", "json"),
        ("CADENCE_SERVER__PUBLIC_URL", "https://Gym.example.org:443/"),
        ("CADENCE_SERVER_BIN", "belongs to the test runner"),
    ])
    .expect("all of it is right");
    assert_eq!(config.database.path, Path::new("/tmp/x.db"));
    assert_eq!(config.limits.burst, 5000);
    assert_eq!(config.gym.time_zone.0.iana_name(), Some("Europe/Madrid"));
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert!(config.auth.allow_plain_http_sign_in);
    assert_eq!(config.log.format, LogFormat::Json);
    let url = config.server.public_url.as_ref().expect("set");
    assert_eq!(url.origin(), "https://gym.example.org");
    assert!(config.secure_cookies());
}

#[test]
fn production_names_all_that_is_missing_at_once() {
    let mistakes =
        with(&[("CADENCE_SERVER__ENVIRONMENT", "production")]).expect_err("two things are missing");
    assert_eq!(
        mistakes.to_string(),
        "The configuration has 2 mistakes:\n  - CADENCE_SERVER__ENVIRONMENT: [server] public_url \
         is required in production, for example \"https://gym.example.org\" (in the environment: \
         CADENCE_SERVER__PUBLIC_URL).\n  - CADENCE_SERVER__ENVIRONMENT: [auth] secret is required \
         in production: at least 32 bytes, for example from `openssl rand -hex 32` (in the \
         environment: CADENCE_AUTH__SECRET)."
    );
}

#[test]
fn production_refuses_demo_data() {
    let config = with(&[
        ("CADENCE_SERVER__ENVIRONMENT", "production"),
        ("CADENCE_SERVER__PUBLIC_URL", "https://gym.example.org"),
        ("CADENCE_AUTH__SECRET", "0123456789abcdef0123456789abcdef"),
    ])
    .expect("a whole configuration");
    assert!(config.check_demo().is_err());
    assert!(with(&[]).expect("right").check_demo().is_ok());
}

#[test]
fn an_unknown_name_is_answered_with_the_one_that_was_meant() {
    check_file(
        "[log]\nlevl = \"info\"\n",
        &["file line 2: [log] has no setting `levl`; did you mean `level`?"],
    );
    check_file(
        "[desk]\nundo_minutes = 1\nexpires = 3\n",
        &[
            "file line 3: [desk] has no setting `expires`; its settings are repeat_seconds, \
             undo_seconds, command_max_age_hours.",
            "file line 2: [desk] has no setting `undo_minutes`; `undo_seconds` is the same in seconds.",
        ],
    );
    check_file(
        "[gym]\nundo_seconds = 60\n",
        &["file line 2: [gym] has no setting `undo_seconds`; `undo_seconds` belongs to [desk]."],
    );
    check_file(
        "[databse]\nreaders = 2\n",
        &["file line 2: There is no table [databse]; did you mean [database]?"],
    );
    check_file(
        "[mysql]\nurl = \"mysql://x\"\n",
        &[
            "file line 2: There is no table [mysql]; the tables are server, database, redis, gym, desk, \
           auth, limits, guitar, retention, log.",
        ],
    );
    check_variable(
        "CADENCE_LOG__LEVL",
        "info",
        "CADENCE_LOG__LEVL: [log] has no setting `levl`; did you mean `level`?",
    );
    check_variable(
        "CADENCE_AUTH_SECRET",
        "x",
        "CADENCE_AUTH_SECRET sets nothing; write CADENCE_AUTH__SECRET.",
    );
}

#[test]
fn a_value_of_the_wrong_type_unit_or_size_is_named_with_what_is_possible() {
    check_file(
        "[desk]\nrepeat_seconds = \"10s\"\nundo_seconds = 9000\n[auth]\nrefresh_days = 1.5\n",
        &[
            "file line 2: [desk] repeat_seconds is \"10s\"; it must be a whole number of seconds from 0 \
             to 600.",
            "file line 3: [desk] undo_seconds is 9000; it must be a whole number of seconds from 0 to \
             3600.",
            "file line 5: [auth] refresh_days is a number with a decimal point; it must be a whole \
             number of days from 1 to 365.",
        ],
    );
    check_file(
        "[gym]\nday_starts = 04:00:00\nname = 24\n[log]\nformat = \"xml\"\n",
        &[
            "file line 3: [gym] name is a number; it must be text in quotes.",
            "file line 2: [gym] day_starts is a date or a time without quotes; it must be text in \
             quotes.",
            "file line 5: [log] format is \"xml\"; it must be \"text\" or \"json\".",
        ],
    );
    check_variable(
        "CADENCE_AUTH__ALLOW_PLAIN_HTTP_SIGN_IN",
        "maybe",
        "CADENCE_AUTH__ALLOW_PLAIN_HTTP_SIGN_IN: [auth] allow_plain_http_sign_in is \"maybe\"; it \
         must be true or false.",
    );
    check_variable(
        "CADENCE_DATABASE__READERS",
        "0",
        "CADENCE_DATABASE__READERS: [database] readers is 0; it must be a whole number from 1 to \
         100.",
    );
    check_variable("CADENCE_GYM__NAME", " ", "CADENCE_GYM__NAME: [gym] name must not be empty.");
}

#[test]
fn a_value_that_its_type_refuses_is_named_with_an_example() {
    check_variable(
        "CADENCE_GYM__TIME_ZONE",
        "Mars/North",
        "CADENCE_GYM__TIME_ZONE: [gym] time_zone is \"Mars/North\"; it must be the name of a time \
         zone such as Europe/Madrid.",
    );
    check_variable(
        "CADENCE_GYM__DAY_STARTS",
        "25:00",
        "CADENCE_GYM__DAY_STARTS: [gym] day_starts is \"25:00\"; it must be a time such as 04:00.",
    );
    check_variable(
        "CADENCE_SERVER__PUBLIC_URL",
        "https://a.example/path",
        "CADENCE_SERVER__PUBLIC_URL: [server] public_url is \"https://a.example/path\"; it must be \
         scheme, host and port without a path.",
    );
    check_variable(
        "CADENCE_SERVER__TRUSTED_PROXIES",
        "10.0.0.0/40",
        "CADENCE_SERVER__TRUSTED_PROXIES: [server] trusted_proxies is wrong: \"10.0.0.0/40\" is \
         neither an address nor a network such as 10.0.0.0/8.",
    );
    let mistakes = with(&[("CADENCE_LOG__LEVEL", "cadence=shout")]).expect_err("no level").0;
    assert!(
        mistakes[0].starts_with("CADENCE_LOG__LEVEL: [log] level is \"cadence=shout\"; it must be"),
        "{mistakes:?}"
    );
}

#[test]
fn settings_that_exclude_each_other_are_named_with_where_they_stand() {
    check_file(
        "[limits]\nburst = 7\nmessages_per_second = 8\n",
        &["file line 2 and file line 3: [limits] burst is 7; it must be at least \
           messages_per_second, which is 8."],
    );
    check_file(
        "[redis]\nurl = \"redis://x\"\n",
        &["file line 2: [redis] url is for servers that share a PostgreSQL database; set \
           [database] url, too."],
    );
    check_file(
        "[desk]\ncommand_max_age_hours = 200\n[retention]\ncommands_days = 7\n",
        &["file line 2 and file line 4: [desk] command_max_age_hours is 200; it must be at \
           most 168, the hours of [retention] commands_days."],
    );
}

#[test]
fn a_file_that_is_no_toml_is_answered_with_the_lines() {
    let mistakes = mistakes_of("[auth]\nsecret = \"hidden\n[log]\nlevel = info\n");
    assert!(mistakes.len() > 1, "{mistakes:?}");
    assert!(mistakes[0].starts_with("file line 2: "), "{mistakes:?}");
    assert!(!mistakes.join("\n").contains("hidden"), "{mistakes:?}");
    check_file(
        "burst = 5\n",
        &[
            "file line 1: `burst` stands outside of a table; the tables are written in brackets, for \
           example [gym].",
        ],
    );
}

#[test]
fn a_missing_file_is_named() {
    let mistakes = Config::parse(Path::new("/nowhere/Leptos.toml"), HashMap::new());
    let text = mistakes.expect_err("no file").to_string();
    assert!(text.contains("There is no file /nowhere/Leptos.toml"), "{text}");
}

#[test]
fn no_error_and_no_debug_repeats_a_secret() {
    let too_short = "[auth] secret has 6 bytes; it needs at least 32.";
    check_variable("CADENCE_AUTH__SECRET", "hidden", &format!("CADENCE_AUTH__SECRET: {too_short}"));
    check_variable(
        "CADENCE_AUTH__SECRET",
        "",
        "CADENCE_AUTH__SECRET: [auth] secret is empty; it needs at least 32 bytes, for example \
         from `openssl rand -hex 32`.",
    );
    check_file(
        "[auth]\nsecret = 123456\n",
        &["file line 2: [auth] secret is a number; it must be text in quotes."],
    );
    check_variable(
        "CADENCE_REDIS__URL",
        "redis://:hid den@x, memcached://y",
        "CADENCE_REDIS__URL: [redis] url is not an address such as redis://:password@host:6379, or \
         several of a cluster, separated by commas.",
    );
    for url in ["mysql://me:hidden@host/gym", "postgres://me:hi#den@host:x/gym", "gym"] {
        check_variable(
            "CADENCE_DATABASE__URL",
            url,
            "CADENCE_DATABASE__URL: [database] url is not an address such as \
             postgres://user:password@host:5432/cadence; the special characters of a password are \
             written as %-codes.",
        );
    }
    let config = with(&[
        ("CADENCE_AUTH__SECRET", "0123456789abcdef0123456789abcdef"),
        ("CADENCE_DATABASE__URL", "postgres://me:hidden@db.example/gym"),
    ])
    .expect("right");
    let options = config.database.url.options().expect("PostgreSQL");
    assert_eq!((options.get_host(), options.get_database()), ("db.example", Some("gym")));
    let shown = format!("{config:?}");
    assert!(!shown.contains("0123456789") && !shown.contains("hidden"), "{shown}");
}

#[test]
fn a_secret_that_is_wrong_is_not_also_missing() {
    let mistakes = with(&[
        ("CADENCE_SERVER__ENVIRONMENT", "production"),
        ("CADENCE_SERVER__PUBLIC_URL", "https://gym.example.org"),
        ("CADENCE_AUTH__SECRET", "short"),
    ]);
    let mistakes = mistakes.expect_err("a short secret").0;
    assert_eq!(
        mistakes,
        ["CADENCE_AUTH__SECRET: [auth] secret has 5 bytes; it needs at least 32."]
    );
}
