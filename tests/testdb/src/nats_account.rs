//! An account at a NATS server, as `nsc` makes one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{Value, json};

/// An account, of an operator that nobody else knows, with one user.
pub struct NatsAccount {
    /// The configuration of a server of this operator.
    pub config: String,
    /// The user's credentials, as a file has them.
    pub credentials: String,
}

impl NatsAccount {
    /// A new one.
    ///
    /// # Panics
    /// If there is no randomness.
    pub fn new() -> Self {
        let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
        let user = KeyPair::new_user();
        let no_limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
            "wildcards": true, "conn": -1, "leaf": -1
        });
        let of_operator = signed(&operator, &operator, json!({"type": "operator"}));
        let of_account = json!({"type": "account", "limits": no_limits});
        let of_account = signed(&operator, &account, of_account);
        let of_user = json!({
            "type": "user", "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1
        });
        let of_user = signed(&account, &user, of_user);
        let seed = user.seed().expect("it has one");
        let name = account.public_key();
        Self {
            config: format!(
                "operator: {of_operator}\nresolver: MEMORY\n\
                 resolver_preload: {{ {name}: {of_account} }}\n"
            ),
            credentials: format!(
                "-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n\
                 -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
            ),
        }
    }
}

impl Default for NatsAccount {
    fn default() -> Self {
        Self::new()
    }
}

/// What `issuer` says of `subject`.
fn signed(issuer: &KeyPair, subject: &KeyPair, mut what: Value) -> String {
    let fields = what.as_object_mut().expect("an object");
    fields.insert("version".to_owned(), json!(2));
    let claims = json!({
        "jti": "test", "iat": 1_700_000_000, "name": "test",
        "iss": issuer.public_key(), "sub": subject.public_key(), "nats": what
    });
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{claims}");
    let signature = issuer.sign(text.as_bytes()).expect("it has a seed");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
