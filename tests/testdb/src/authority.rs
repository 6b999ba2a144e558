//! A certificate authority, and servers with its certificates.

use std::{fs, path::PathBuf, process::Command};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{Server, connection::connect, unique};

/// A certificate authority of the test's own, by the `openssl` command, which comes with
/// Postgres. Its files are gone when this is dropped.
pub struct Authority {
    folder: PathBuf,
}

/// The files of a certificate and its key, in PEM.
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, without a passphrase.
    pub key: PathBuf,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// If there is no `openssl`.
    pub fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("aftermatch-test-{:016x}", unique::number()));
        fs::create_dir(&folder).expect("a folder");
        let this = Self { folder };
        let name = format!("authority-{:016x}", unique::number());
        this.openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout ca.key -out ca.pem"
        ));
        this
    }

    /// The file of its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A new certificate with this name. `extension`: a line such as
    /// `subjectAltName=IP:127.0.0.1`.
    pub fn certificate(&self, name: &str, extension: &str) -> Certificate {
        let file = |end: &str| self.folder.join(format!("{name}.{end}"));
        fs::write(file("ext"), extension).expect("a file");
        self.openssl(&format!(
            "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile {name}.ext -out {name}.pem"
        ));
        Certificate {
            certificate: file("pem"),
            key: file("key"),
        }
    }

    /// Turns on TLS at a server, with this certificate. Clients may show certificates of this
    /// authority. The role `carrier` is let in by such a certificate alone.
    pub async fn equip(&self, server: &Server, certificate: &Certificate) {
        let mut connection = connect(server.url()).await.expect("a connection");
        for (file, source) in [
            ("server.crt", &certificate.certificate),
            ("server.key", &certificate.key),
            ("clients.crt", &self.file()),
        ] {
            let content = fs::read_to_string(source).expect("a file");
            let lines = format!("SELECT string_to_table($${}$$, E'\\n')", content.trim());
            // The server refuses a key that others can read.
            let write = format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {file}'");
            run(&mut connection, &write).await;
        }
        let rule = "hostssl all carrier all cert";
        let prepend = format!("sed -i \"1i {rule}\" pg_hba.conf");
        for statement in [
            "CREATE ROLE carrier SUPERUSER LOGIN",
            &format!("COPY (SELECT 1) TO PROGRAM '{prepend}'"),
            "ALTER SYSTEM SET ssl_ca_file = 'clients.crt'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ] {
            run(&mut connection, statement).await;
        }
        connection.close().await.expect("a connection");
        self.wait_for_tls(server).await;
    }

    /// The server reads its configuration a moment later.
    async fn wait_for_tls(&self, server: &Server) {
        let url = format!("{}?sslmode=require", server.url());
        let ready = async {
            while PgConnection::connect(&url).await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let ready = tokio::time::timeout(crate::connection::CONNECT_TIMEOUT, ready).await;
        ready.expect("the server offers TLS in time");
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split_whitespace());
        let output = openssl.current_dir(&self.folder).output();
        let output = output.expect("openssl, which `apt-get install openssl` installs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {stderr}");
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn run(connection: &mut PgConnection, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection);
    done.await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
