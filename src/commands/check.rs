//! `aftermatch check`: what a service would start with, and everything that is wrong with
//! it. Changes nothing.

mod addresses;
mod report;

use std::{io::Write, process::ExitCode};

use aftermatch::Jwt;
use aftermatch_postgres::{Extent, Options, Severity};

use self::report::Report;
use crate::settings::{
    self, InForce, MIN_BYTES, PREVIOUS_VARIABLE, SECRET_VARIABLE, Serve, Setting, Source,
    read_mapping,
};

const DATABASE_URL: &str = "DATABASE_URL";

pub(super) fn run(settings: &Serve, in_force: InForce) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(look(settings, in_force));
    // A name that is still looked up delays nothing.
    runtime.shutdown_background();
    write!(std::io::stdout(), "{report}")?;
    Ok(if report.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

async fn look(settings: &Serve, in_force: InForce) -> Report {
    let mut report = Report {
        problems: in_force.problems,
        settings: in_force.settings,
        ..Report::default()
    };
    report.problems.extend(settings.contradictions());
    let secret_is_random = look_at_secrets(settings, &mut report);
    fill_in(settings, secret_is_random, &mut report);
    addresses::look(settings, &mut report).await;
    look_at_relay(settings, &mut report).await;
    let tokens = settings.api.tokens();
    let error = tokens.err().map(|error| format!("{error:#}"));
    report.problems.extend(error);
    look_at_webhook(settings, &mut report).await;
    let mapping = settings.bridge.as_deref().map(read_mapping);
    let error = mapping.and_then(Result::err);
    report
        .problems
        .extend(error.map(|error| format!("{error:#}")));
    match settings.database.options() {
        Some(options) => {
            look_at_origins(&mut report);
            look_at_database(settings, &options, &mut report).await;
        }
        None => look_at_world(settings, &mut report),
    }
    report
}

/// Adds the secrets, which no argument has. Returns whether the present one would be random.
fn look_at_secrets(settings: &Serve, report: &mut Report) -> bool {
    let secret = match settings.database.options() {
        Some(_) => settings.secret.of_platform(),
        None => settings.secret.given_or_random(),
    };
    let shown = match &secret {
        Ok(secret) if secret.is_random => "random at each start".to_owned(),
        Ok(secret) => format!("set, {} bytes", secret.bytes.len()),
        Err(_) => "not usable".to_owned(),
    };
    let is_random = secret.as_ref().is_ok_and(|secret| secret.is_random);
    show_secret(SECRET_VARIABLE, Some(shown), is_random, report);
    let previous = settings.previous_secret.given();
    let shown = match &previous {
        Ok(previous) => previous
            .as_ref()
            .map(|secret| format!("set, {} bytes", secret.len())),
        Err(_) => Some("not usable".to_owned()),
    };
    show_secret(
        PREVIOUS_VARIABLE,
        shown,
        matches!(previous, Ok(None)),
        report,
    );
    match secret {
        Ok(secret) => {
            if secret.bytes.len() < MIN_BYTES {
                report.warnings.push(format!(
                    "the secret has {} bytes: HS256 needs at least {MIN_BYTES}",
                    secret.bytes.len()
                ));
            }
            let jwt = settings
                .previous_secret
                .accepted_by(Jwt::new(&secret.bytes), &secret);
            report
                .problems
                .extend(jwt.err().map(|error| format!("{error:#}")));
        }
        Err(error) => report.problems.push(format!("{error:#}")),
    }
    let signatures = settings.attachments.signatures();
    report
        .problems
        .extend(signatures.err().map(|error| format!("{error:#}")));
    is_random
}

/// Adds a secret before the setting of its file.
fn show_secret(name: &str, value: Option<String>, is_default: bool, report: &mut Report) {
    let file = format!("{name}_FILE");
    let source = match (is_default, report.value(&file)) {
        (true, _) => Source::Default,
        (false, Some(_)) => Source::File,
        (false, None) => Source::Environment,
    };
    let mut settings = report.settings.iter();
    let beside = settings.position(|setting| setting.name == file);
    let secret = Setting {
        name: name.to_owned(),
        value,
        source,
    };
    report.settings.insert(beside.unwrap_or(0), secret);
}

/// Shows what depends on other settings, and blots out the password.
fn fill_in(settings: &Serve, secret_is_random: bool, report: &mut Report) {
    let limits = settings.limits();
    let page = settings.page(secret_is_random);
    let not_shown = || "set, and not shown, because it is no valid address".to_owned();
    let options = settings.database.options();
    let database = options.as_ref();
    let database = database.map(|options| options.shown().unwrap_or_else(not_shown));
    let replica = options.filter(|options| options.replica.is_some());
    let replica = replica.map(|options| options.replica_shown().unwrap_or_else(not_shown));
    let relay = match settings.relay.options() {
        Ok(options) => options.map(|options| options.shown()),
        Err(_) => Some("set, and not shown, because it is no valid list of addresses".to_owned()),
    };
    let webhook = match settings.webhook.address() {
        Ok(address) => address.map(|address| address.to_string()),
        Err(_) => Some(not_shown()),
    };
    let all = report.settings.iter_mut();
    for setting in all.filter(|setting| setting.source != Source::Refused) {
        let value = match setting.name.as_str() {
            DATABASE_URL => database
                .clone()
                .or(Some("none: everything is in memory".to_owned())),
            "CHAT_REPLICA_URL" => replica.clone(),
            "CHAT_RELAY" => relay.clone().or(Some("none: the database".to_owned())),
            "CHAT_WEBHOOK_URL" => webhook.clone(),
            "CHAT_MAX_TEXT_CHARS" => Some(settings.max_text_chars().to_string()),
            "CHAT_MAX_CONNECTIONS_PER_USER" => Some(limits.connections_per_user.to_string()),
            "CHAT_PAGE" => Some(page.to_string()),
            _ => setting.value.take(),
        };
        setting.value = value;
    }
}

fn look_at_origins(report: &mut Report) {
    let origins = report
        .settings
        .iter()
        .find(|setting| setting.name == "CHAT_ALLOWED_ORIGINS");
    if origins.is_some_and(|origins| origins.source == Source::Default) {
        report.warnings.push(
            "CHAT_ALLOWED_ORIGINS is not set: only web pages of this machine may connect. Set it to \
             the hosts of your pages"
                .to_owned(),
        );
    }
}

fn look_at_world(settings: &Serve, report: &mut Report) {
    report.warnings.push(
        "DATABASE_URL is not set: everything is in memory, and gone when the service stops"
            .to_owned(),
    );
    if let Err(error) = settings::read_world(settings.world.as_deref()) {
        report.problems.push(format!("{error:#}"));
    }
}

/// A service starts without them all the same.
async fn look_at_relay(settings: &Serve, report: &mut Report) {
    let Ok(Some(options)) = settings.relay.options() else {
        return;
    };
    let inspection = aftermatch_nats::inspect(&options).await;
    report.relay = inspection.facts;
    report.warnings.extend(inspection.warnings);
    report.problems.extend(inspection.problems);
}

/// While nothing answers, messages wait.
async fn look_at_webhook(settings: &Serve, report: &mut Report) {
    if let Err(error) = settings.webhook.given() {
        report.problems.push(format!("{error:#}"));
        return;
    }
    let Ok(Some(address)) = settings.webhook.address() else {
        return;
    };
    if address.is_open_to_others() {
        report.warnings.push(format!(
            "{address} (CHAT_WEBHOOK_URL) is not https: messages can be read on the way"
        ));
    }
    match aftermatch_webhook::inspect(&address).await {
        Ok(status) => report
            .webhook
            .push((address.to_string(), format!("answers HEAD with {status}"))),
        Err(reason) => report.warnings.push(format!(
            "{address} (CHAT_WEBHOOK_URL) cannot be reached: {reason}. Messages would wait for a day"
        )),
    }
}

async fn look_at_database(settings: &Serve, options: &Options, report: &mut Report) {
    let extent = Extent {
        migrates: !settings.no_migrate,
        sessions: true,
        has_api: settings.api.listen.is_some(),
        pushes: settings.pushes(),
        events: settings.api.events,
    };
    let inspection = aftermatch_postgres::inspect(options, extent).await;
    report.database = inspection.facts;
    for finding in inspection.findings {
        match finding.severity {
            Severity::Warning => report.warnings.push(finding.sentence),
            Severity::Transient | Severity::Permanent => report.problems.push(finding.sentence),
        }
    }
}
