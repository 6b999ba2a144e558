use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";

fn sign(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    hmac::install();
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
        not_before: Some(40),
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
        with("exp", json!(null)),
        with("exp", json!(true)),
        with("exp", json!("1718215378")),
        with("exp", json!(253_402_300_800_i64)),
        with("exp", json!(1e30)),
        with("nbf", json!("later")),
        with("nbf", json!(null)),
        with("iat", json!("1718213578")),
        with("iat", json!(null)),
        with("iat", json!([])),
        with("jti", json!(7)),
        with("jti", json!(null)),
        with("sub", json!(3)),
        with("sub", json!(null)),
        without("token_type"),
        without("exp"),
        without("jti"),
        without("user_id"),
        json!({}),
        json!([]),
    ] {
        assert_eq!(verify(&bad), Err(Refusal::TokenInvalid), "{bad}");
    }
}

#[test]
fn other_claims_mean_nothing() {
    for good in [
        without("iat"),
        with("jti", json!("")),
        with("sub", json!("anybody")),
        with("aud", json!("anybody")),
        with("aud", json!(5)),
        with("iss", json!(["anybody"])),
        with("email", json!({"a": null})),
    ] {
        assert!(verify(&good).is_ok(), "{good}");
    }
}

#[test]
fn times_are_numbers_without_their_fractions() {
    for (exp, expires) in [
        (json!(1_718_215_378.9), 1_718_215_378),
        (json!(1e11), 100_000_000_000),
        (json!(253_402_300_799_i64), 253_402_300_799),
        (json!(-5), -5),
        (json!(-1e30), i64::MIN),
    ] {
        let claims = verify(&with("exp", exp));
        assert_eq!(claims.map(|claims| claims.expires), Ok(expires));
    }
}

#[test]
fn token_begins_with_the_later_of_two_times() {
    let issued = 1_718_213_578;
    for (nbf, begin) in [
        (issued - 61, issued - 60),
        (issued, issued),
        (issued + 9, issued + 9),
    ] {
        let claims = verify(&with("nbf", json!(nbf)));
        assert_eq!(claims.map(|claims| claims.not_before), Ok(Some(begin)));
    }
    let future = verify(&with("iat", json!(issued + 1_000)));
    let begin = future.map(|claims| claims.not_before);
    assert_eq!(
        begin,
        Ok(Some(issued + 940)),
        "clocks may differ by a minute"
    );
    let unknown = verify(&without("iat")).map(|claims| claims.not_before);
    assert_eq!(unknown, Ok(None));
}

/// A token with this header and these claims, as they are written here.
fn written(header: &str, claims: &[u8]) -> String {
    hmac::install();
    let body = format!("{}.{}", base64url(header.as_bytes()), base64url(claims));
    let key = EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(body.as_bytes(), &key, Algorithm::HS256);
    format!("{body}.{}", signature.expect("a signature"))
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for digit in 0..=three.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"token_type":"access","exp":9,"jti":"a","user_id":3}"#;

#[test]
fn header_with_extension_is_refused() {
    let jwt = Jwt::new(SECRET);
    for (header, good) in [
        (HEADER, true),
        (r#" {"alg" : "HS\u003256"} "#, true),
        (
            r#"{"alg":"HS256","typ":"x","kid":"a","jku":"http://localhost","x":[1]}"#,
            true,
        ),
        (r#"{"alg":"HS256","crit":["exp"]}"#, false),
        (r#"{"alg":"HS256","crit":[]}"#, false),
        (r#"{"alg":"HS256","crit":["b64"],"b64":true}"#, false),
        (r#"{"alg":"HS256","b64":false}"#, false),
        (r#"{"alg":"HS256","kid":5}"#, false),
        (r#"{"alg":"HS256","alg":"HS256"}"#, false),
        (r#"{"alg":"hs256"}"#, false),
        (r#"{"alg":null}"#, false),
        (r#"{"typ":"JWT"}"#, false),
        (r#"{"alg":"HS256"}x"#, false),
        ("", false),
    ] {
        let verified = jwt.verify(&written(header, CLAIMS.as_bytes()));
        assert_eq!(verified.is_ok(), good, "{header}");
    }
}

#[test]
fn claims_are_one_json_object_in_utf8() {
    let jwt = Jwt::new(SECRET);
    let with = |more: &str| CLAIMS.replace('}', &format!(",{more}}}")).into_bytes();
    let with_bytes =
        |bytes: &[u8]| [&with("")[..CLAIMS.len()], b"\"x\":\"", bytes, b"\"}"].concat();
    for (claims, good) in [
        (CLAIMS.as_bytes().to_vec(), true),
        (format!(" {CLAIMS}\n").into_bytes(), true),
        (with(r#""x":1,"x":2"#), true),
        (with_bytes("ж".as_bytes()), true),
        (with_bytes(b"\xFF"), false),
        (with(r#""exp":9"#), false),
        (with(r#""user_id":3"#), false),
        (with(r#""jti":"a""#), false),
        (with(r#""x":NaN"#), false),
        (with(r#""x":007"#), false),
        (with(""), false),
        (format!("\u{feff}{CLAIMS}").into_bytes(), false),
        (format!("{CLAIMS}x").into_bytes(), false),
        (format!("[{CLAIMS}]").into_bytes(), false),
        (
            CLAIMS.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false,
        ),
        (Vec::new(), false),
    ] {
        let verified = jwt.verify(&written(HEADER, &claims));
        let claims = String::from_utf8_lossy(&claims);
        assert_eq!(verified.is_ok(), good, "{claims}");
    }
}

#[test]
fn base64url_has_no_padding_and_no_other_letters() {
    let good = written(HEADER, CLAIMS.as_bytes());
    assert!(Jwt::new(SECRET).verify(&good).is_ok());
    let key = EncodingKey::from_secret(SECRET);
    let signed_again = |body: &str| {
        let signature = jsonwebtoken::crypto::sign(body.as_bytes(), &key, Algorithm::HS256);
        format!("{body}.{}", signature.expect("a signature"))
    };
    let (body, signature) = good.rsplit_once('.').expect("three parts");
    let (header, claims) = body.split_once('.').expect("two parts");
    for bad in [
        format!("{good}="),
        format!("{good}=="),
        format!("{body}.{}\n", signature),
        signed_again(&format!("{header}.{claims}=")),
        signed_again(&format!("{header}=.{claims}")),
        signed_again(&format!("{header}.{} {}", &claims[..9], &claims[9..])),
        signed_again(&format!("{header}.{}\n{}", &claims[..9], &claims[9..])),
        signed_again(&format!("{header}.{}*{}", &claims[..9], &claims[9..])),
        signed_again(&format!("{header}.{claims}A")),
    ] {
        let verified = Jwt::new(SECRET).verify(&bad);
        assert_eq!(verified, Err(Refusal::TokenInvalid), "{bad:?}");
    }
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

#[test]
fn token_of_previous_secret_is_accepted_until_then() {
    const BEFORE: &[u8] = b"the secret that was in use before this one";
    let old = sign(Algorithm::HS256, BEFORE, &claims(json!(3)));
    let new = sign(Algorithm::HS256, SECRET, &claims(json!(3)));
    let expires = |jwt: &Jwt, token: &str| jwt.verify(token).map(|claims| claims.expires);
    let exp = 1_718_215_378;

    assert!(Jwt::new(SECRET).verify(&old).is_err());
    for (until, of_old) in [(None, exp), (Some(exp + 1), exp), (Some(exp - 9), exp - 9)] {
        let jwt = Jwt::new(SECRET).accepting_previous(BEFORE, until);
        assert_eq!(expires(&jwt, &old), Ok(of_old));
        assert_eq!(
            expires(&jwt, &new),
            Ok(exp),
            "the present secret has no end"
        );
        let another = sign(Algorithm::HS256, b"a secret of nobody", &claims(json!(3)));
        assert!(jwt.verify(&another).is_err());
        let refresh = sign(
            Algorithm::HS256,
            BEFORE,
            &with("token_type", json!("refresh")),
        );
        assert!(jwt.verify(&refresh).is_err());
        let issued = jwt.issue(Grant {
            user: UserId(3),
            issued: 100,
            expires: exp,
            id: "a",
        });
        let issued = issued.expect("a token");
        assert!(
            Jwt::new(SECRET).verify(&issued).is_ok(),
            "with the present one"
        );
    }
}
