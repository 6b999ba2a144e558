//! The parameters behind the `?`.

use aftermatch_protocol::api::{ApiCode, ApiError, Operation};
use poem::Request;

/// The parameters of a request, each once.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(request: &Request, operation: &Operation) -> Result<Self, ApiError> {
        let parameters: Vec<(String, String)> = match request.uri().query() {
            None => Vec::new(),
            Some(_) => request.params().map_err(|_| {
                invalid("what is behind the `?` is malformed: send `name=value&name=value`")
            })?,
        };
        for (nth, (name, _)) in parameters.iter().enumerate() {
            if !operation.query.contains(&name.as_str()) {
                let known = match operation.query {
                    [] => "it has none".to_owned(),
                    known => format!("it has {}", known.join(", ")),
                };
                return Err(invalid(format!(
                    "this path has no parameter `{name}`: {known}"
                )));
            }
            if parameters
                .iter()
                .take(nth)
                .any(|(before, _)| before == name)
            {
                return Err(invalid(format!("the parameter `{name}` is there twice")));
            }
        }
        Ok(Self(parameters))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A number of at least `min`.
    pub(crate) fn number(&self, name: &str, min: i64) -> Result<Option<i64>, ApiError> {
        self.number_up_to(name, min, i64::MAX)
    }

    /// How many of something.
    pub(crate) fn limit(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let limit = self.number_up_to("limit", 1, max)?;
        Ok(limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(default))
    }

    fn number_up_to(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text
            .parse()
            .ok()
            .filter(|number| (min..=max).contains(number));
        number.map(Some).ok_or_else(|| {
            invalid(format!(
                "the parameter `{name}` is `{text}`: it must be an integer from {min} to {max}"
            ))
        })
    }
}

pub(crate) fn invalid(sentence: impl Into<String>) -> ApiError {
    ApiError::new(ApiCode::InvalidParameter, sentence)
}
