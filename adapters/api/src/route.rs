//! Which operation a request is for.

use aftermatch_protocol::api::{ApiCode, ApiError, OPERATIONS, Operation};

use crate::response::Refused;

/// An operation, and the numbers in its path.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    /// `{id}`.
    pub(crate) id: i64,
    /// `{message_id}`.
    pub(crate) message_id: i64,
}

pub(crate) fn find(method: &str, path: &str) -> Result<Route, Refused> {
    let of_path: Vec<_> = OPERATIONS
        .iter()
        .filter(|operation| fits(operation.path, path))
        .collect();
    if of_path.is_empty() {
        return Err(no_path(path).into());
    }
    let found = of_path.iter().find(|operation| operation.method == method);
    let Some(operation) = found else {
        let methods = of_path.iter().map(|operation| operation.method);
        let allowed = methods.collect::<Vec<_>>().join(", ");
        let sentence = format!("{path} has no method {method}: it has {allowed}");
        let error = ApiError::new(ApiCode::MethodNotAllowed, sentence);
        return Err(Refused::not_allowed(error, &allowed));
    };
    Ok(Route {
        operation,
        id: number(operation.path, path, "{id}")?,
        message_id: number(operation.path, path, "{message_id}")?,
    })
}

/// Whether `path` has the form of `template`, in which numbers are in braces.
fn fits(template: &str, path: &str) -> bool {
    let (mut of_template, mut of_path) = (template.split('/'), path.split('/'));
    loop {
        match (of_template.next(), of_path.next()) {
            (None, None) => return true,
            (Some(expected), Some(part)) => {
                let is_number = expected.starts_with('{') && !part.is_empty();
                if !is_number && expected != part {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The number that is `name` in the template. Zero if the template has none.
fn number(template: &str, path: &str, name: &str) -> Result<i64, ApiError> {
    let mut parts = template.split('/').zip(path.split('/'));
    let Some((_, part)) = parts.find(|(expected, _)| *expected == name) else {
        return Ok(0);
    };
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    let number = part.parse().ok().filter(|number| *number >= 1 && digits);
    number.ok_or_else(|| {
        let sentence = format!(
            "`{part}` in the path is no id: it must be an integer from 1 to {}",
            i64::MAX
        );
        ApiError::new(ApiCode::InvalidParameter, sentence)
    })
}

fn no_path(path: &str) -> ApiError {
    let mut paths: Vec<_> = OPERATIONS.iter().map(|operation| operation.path).collect();
    paths.dedup();
    let sentence = format!("there is no path {path}: those are {}", paths.join(", "));
    ApiError::new(ApiCode::NotFound, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found() {
        for operation in OPERATIONS {
            let path = operation
                .path
                .replace("{id}", "17")
                .replace("{message_id}", "5");
            let route = find(operation.method, &path);
            let route = route.unwrap_or_else(|_| panic!("{path} is not found"));
            assert_eq!(route.operation.action, operation.action);
            assert_eq!(route.id, if path.contains("17") { 17 } else { 0 });
            assert_eq!(route.message_id, if path.contains("/5") { 5 } else { 0 });
        }
    }

    #[test]
    fn other_paths_and_ids_are_refused() {
        for (method, path, status) in [
            ("GET", "/", 404),
            ("GET", "/v1", 404),
            ("GET", "/v1/users", 404),
            ("GET", "/v1/users/", 404),
            ("GET", "/v1/users/3/", 404),
            ("GET", "/v2/users/3", 404),
            ("POST", "/v1/users/3", 405),
            ("HEAD", "/v1/users/3", 405),
            ("GET", "/v1/records", 405),
            ("GET", "/v1/users/0", 400),
            ("GET", "/v1/users/-3", 400),
            ("GET", "/v1/users/+3", 400),
            ("GET", "/v1/users/%33", 400),
            ("GET", "/v1/users/9223372036854775808", 400),
            ("PATCH", "/v1/rooms/1/messages/x", 400),
        ] {
            let refused = find(method, path).expect_err(path).response();
            assert_eq!(refused.status().as_u16(), status, "{method} {path}");
        }
    }
}
