//! Looks at a database before the service uses it, and changes nothing in it.
//!
//! | file | question |
//! |---|---|
//! | `refusal` | why is there no connection? |
//! | `server` | version, encoding, primary or standby, TLS |
//! | `limits` | are there enough connections? |
//! | `migrations` | is the schema that of this program? |
//! | `rights` | may the role do what the service does? |
//! | `pushes` | was everything pushed to the platform? |
//! | `sequences` | are new ids free? |
//! | `replica` | is the replica a standby of this database? |
//! | `sessions` | is there a pooler that mixes sessions? |
//!
//! Each question has its findings, so that an operator gets all of them at once.

mod finding;
mod limits;
mod migrations;
mod pushes;
mod query;
mod refusal;
mod replica;
mod rights;
mod sequences;
mod server;
mod sessions;

use sqlx::{Connection, Error, PgConnection, postgres::PgConnectOptions};
use tokio::time::Instant;

use self::{migrations::Migrations, server::Server};
use super::schema::{SCHEMA, Schema};
use crate::{options::Options, retry::before};

pub use self::finding::{Finding, Severity};

/// Something that is so, with its name.
pub type Fact = (&'static str, String);

/// What an inspection found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// What the database is.
    pub facts: Vec<Fact>,
    /// What is wrong with it, and what could be better.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// The sentences of this severity.
    pub fn sentences(&self, severity: Severity) -> impl Iterator<Item = &str> {
        let findings = self.findings.iter();
        let findings = findings.filter(move |finding| finding.severity == severity);
        findings.map(|finding| finding.sentence.as_str())
    }
}

/// What an inspection looks at.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// The service applies the migrations that are missing.
    pub migrates: bool,
    /// Whether to look for a pooler that mixes sessions. It takes two more connections;
    /// a service that starts does the same when it connects.
    pub sessions: bool,
    /// The service has an API, through which the platform writes users, brands and rooms.
    pub has_api: bool,
    /// The service pushes messages to the platform.
    pub pushes: bool,
    /// The platform asks for what is pushed.
    pub events: bool,
}

/// Looks at the database. Changes nothing in it, and ends soon: each step has the time
/// limit of the options.
#[tracing::instrument(name = "db.database.inspect", level = "debug", skip_all)]
pub async fn inspect(options: &Options, extent: Extent) -> Inspection {
    let mut inspection = Inspection::default();
    let connect = match options.connect_options() {
        Ok(connect) => connect,
        Err(error) => {
            inspection
                .findings
                .push(refusal::of_address("DATABASE_URL", &error));
            return inspection;
        }
    };
    let looked = look(options, &connect, extent, &mut inspection).await;
    if let Err(error) = looked {
        inspection.findings.push(refusal::finding(&error, &connect));
        return inspection;
    }
    let is_writable = inspection.sentences(Severity::Transient).next().is_none();
    if extent.sessions && is_writable {
        let verified = sessions::verify(&connect, options.statement_timeout).await;
        let finding = verified.map_err(|error| refusal::finding(&error, &connect));
        inspection.findings.extend(finding.err());
    }
    inspection
}

/// Everything that one connection can find out.
async fn look(
    options: &Options,
    connect: &PgConnectOptions,
    extent: Extent,
    inspection: &mut Inspection,
) -> Result<(), Error> {
    let limit = options.statement_timeout;
    let opening = PgConnection::connect_with(connect);
    let mut connection = before(Instant::now() + 2 * limit, opening).await?;
    query::begin(&mut connection, limit).await?;
    let server = Server::read(&mut connection, limit).await?;
    inspection.facts.extend(server.facts());
    inspection.facts.push(limits::fact(&server, options.pool));
    inspection.findings.extend(server.findings(connect));
    inspection
        .findings
        .extend(limits::findings(&server, options.pool));
    // A standby may not have received the latest yet.
    if !server.is_standby {
        look_at_tables(options, &mut connection, &server, extent, inspection).await?;
        let of_replica = replica::finding(options, &mut connection).await?;
        inspection.findings.extend(of_replica);
    }
    before(Instant::now() + 2 * limit, connection.close()).await
}

async fn look_at_tables(
    options: &Options,
    connection: &mut PgConnection,
    server: &Server,
    extent: Extent,
    inspection: &mut Inspection,
) -> Result<(), Error> {
    let limit = options.statement_timeout;
    let place = query::rows(connection, limit, SCHEMA).await?;
    let place = Schema::of(place.first().ok_or(Error::RowNotFound)?)?;
    let migrations = Migrations::read(connection, limit).await?;
    if let Some(wrong) = place.wrong(migrations.newest()) {
        // Nothing there is ours.
        inspection
            .findings
            .push(Finding::permanent(wrong.to_string()));
        return Ok(());
    }
    let name = place.name.iter().cloned();
    inspection.facts.extend(name.map(|name| ("schema", name)));
    inspection.facts.push(migrations.fact());
    inspection
        .findings
        .extend(migrations.finding(extent.migrates));
    let rights = rights::findings(connection, limit, server, &place, migrations, extent).await?;
    let has_rights = rights.is_empty();
    inspection.findings.extend(rights);
    if migrations == Migrations::Same && has_rights {
        // A table may be locked for a while. The service can start all the same.
        let found = match sequences::findings(connection, limit).await {
            Ok(found) => found,
            Err(error) => vec![Finding::warning(format!(
                "the sequences could not be compared with their tables: {error}"
            ))],
        };
        // After an error the transaction is of no use.
        let failed = found
            .iter()
            .any(|found| found.severity == Severity::Warning);
        inspection.findings.extend(found);
        if extent.pushes && !failed {
            let found = pushes::finding(connection, limit).await;
            inspection.findings.extend(found.unwrap_or_else(|error| {
                let sentence = format!("the dead letters could not be counted: {error}");
                Some(Finding::warning(sentence))
            }));
        }
    }
    Ok(())
}
