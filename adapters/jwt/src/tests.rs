use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";

fn sign(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    jsonwebtoken::encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret),
    )
    .expect("claims can be signed")
}

fn claims(user_id: Value) -> Value {
    json!({"token_type": "access", "exp": 1_718_215_378, "iat": 1_718_213_578,
           "jti": "0637a92b7e274118b0a0e92de8857761", "user_id": user_id})
}

fn verify(claims: &Value) -> Result<Claims, Refusal> {
    Jwt::new(SECRET).verify(&sign(Algorithm::HS256, SECRET, claims))
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims(json!(3));
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = claims(json!(3));
    claims.as_object_mut().expect("an object").remove(key);
    claims
}

#[test]
fn issued_token_is_verified() {
    let jwt = Jwt::new(SECRET);
    let token = jwt.issue(Grant {
        user: UserId(3),
        issued: 100,
        expires: 200,
        id: "a",
    });
    let claims = Claims {
        user: UserId(3),
        expires: 200,
        not_before: None,
    };
    assert_eq!(jwt.verify(&token.expect("a token")), Ok(claims));
}

#[test]
fn user_id_is_integer_or_decimal_string() {
    for good in [json!(3), json!("3"), json!("003")] {
        assert_eq!(
            verify(&claims(good)).map(|claims| claims.user),
            Ok(UserId(3))
        );
    }
    for bad in [
        json!("three"),
        json!(""),
        json!(" 3"),
        json!("-3"),
        json!("+3"),
        json!("3.0"),
        json!(3.0),
        json!(true),
        json!(null),
        json!([3]),
        json!({"id": 3}),
        json!("99999999999999999999"),
    ] {
        assert_eq!(
            verify(&claims(bad.clone())),
            Err(Refusal::TokenInvalid),
            "{bad}"
        );
    }
}

#[test]
fn incomplete_or_other_token_is_refused() {
    for bad in [
        with("token_type", json!("refresh")),
        with("token_type", json!(1)),
        with("exp", json!("soon")),
        with("nbf", json!("later")),
        without("token_type"),
        without("exp"),
        without("user_id"),
        json!({}),
        json!([]),
    ] {
        assert_eq!(verify(&bad), Err(Refusal::TokenInvalid), "{bad}");
    }
    assert_eq!(
        verify(&with("nbf", json!(7))).map(|claims| claims.not_before),
        Ok(Some(7))
    );
    assert!(verify(&with("aud", json!("anybody"))).is_ok());
}

#[test]
fn other_signature_is_refused() {
    let jwt = Jwt::new(SECRET);
    let good = sign(Algorithm::HS256, SECRET, &claims(json!(3)));
    assert!(jwt.verify(&good).is_ok());
    let parts: Vec<_> = good.split('.').collect();
    // {"alg":"none","typ":"JWT"}, then {"alg":"RS256","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let rs256 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    for bad in [
        sign(Algorithm::HS512, SECRET, &claims(json!(3))),
        sign(Algorithm::HS384, SECRET, &claims(json!(3))),
        sign(Algorithm::HS256, b"another secret", &claims(json!(3))),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{rs256}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}.a"),
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "ключ".to_owned(),
    ] {
        assert_eq!(jwt.verify(&bad), Err(Refusal::TokenInvalid), "{bad}");
    }
}
