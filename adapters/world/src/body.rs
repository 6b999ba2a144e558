//! The bodies of HTTP requests: one record, many records, a message. They are read as records
//! of a world file are, and their errors are the same.

use aftermatch_ports::model::{
    BrandId, ClientMsgId, Records, RoomId, Text, UserId, world::Mistake,
};
use serde_json::value::RawValue;

use crate::{
    errors::ParseErrors,
    fields,
    json::WHOLE_FILE,
    record::{Record, placeholder_id},
    records::{self, BRAND, RECORDS, ROOM, USER},
    references,
    report::{KnownKeys, Report},
};

const MESSAGE: KnownKeys = KnownKeys {
    noun: "a message",
    known: &["user_id", "text", "client_msg_id"],
};
const EDIT: KnownKeys = KnownKeys {
    noun: "an edit",
    known: &["text"],
};

/// A message that the platform writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageBody {
    /// The author.
    pub author: UserId,
    /// The text, however long.
    pub text: Text,
    /// What the platform calls it.
    pub client_msg_id: Option<ClientMsgId>,
}

/// Reads the user `id`.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_user(json: &str, id: UserId) -> Result<Records, ParseErrors> {
    parse(json, &USER, Some(id.0), |record| {
        checked(Records::new(vec![records::user(record)], vec![], vec![]))
    })
}

/// Reads the brand `id`.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_brand(json: &str, id: BrandId) -> Result<Records, ParseErrors> {
    parse(json, &BRAND, Some(id.0), |record| {
        checked(Records::new(vec![], vec![records::brand(record)], vec![]))
    })
}

/// Reads the room `id`.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_room(json: &str, id: RoomId) -> Result<Records, ParseErrors> {
    parse(json, &ROOM, Some(id.0), |record| {
        checked(Records::new(vec![], vec![], vec![records::room(record)]))
    })
}

/// Reads a message to create.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_message(json: &str) -> Result<MessageBody, ParseErrors> {
    parse(json, &MESSAGE, None, |record| {
        let author = record.required("user_id", fields::id);
        let text = record.required("text", fields::text);
        let client_msg_id = record.optional("client_msg_id", fields::client_msg_id);
        let message = author.zip(text).map(|(author, text)| MessageBody {
            author: UserId(author),
            text,
            client_msg_id: client_msg_id.flatten(),
        });
        (message, Vec::new())
    })
}

/// Reads the new text of a message.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_edit(json: &str) -> Result<Text, ParseErrors> {
    parse(json, &EDIT, None, |record| {
        (record.required("text", fields::text), Vec::new())
    })
}

/// Reads lists of users, brands and rooms. What they refer to may be elsewhere.
///
/// # Errors
/// All errors in the body, in its order.
pub fn parse_records(json: &str) -> Result<Records, ParseErrors> {
    let file = raw(json)?;
    let mut report = Report::new(json);
    let lists = records::lists(file, &RECORDS, &mut report);
    let records = records::read(&lists, &mut report);
    match Records::new(records.users, records.brands, records.rooms) {
        Ok(records) if report.is_empty() => return Ok(records),
        Ok(_) => {}
        Err(mistakes) => references::add(mistakes, &lists, &mut report),
    }
    Err(report.finish().of_body())
}

fn checked(records: Result<Records, Vec<Mistake>>) -> (Option<Records>, Vec<Mistake>) {
    match records {
        Ok(records) => (Some(records), Vec::new()),
        Err(mistakes) => (None, mistakes),
    }
}

/// Reads one object. `read` returns `None` after an error that it has reported, and what is
/// wrong with the record as a whole.
fn parse<T>(
    json: &str,
    keys: &KnownKeys,
    known_id: Option<i64>,
    read: impl FnOnce(&mut Record<'_, '_>) -> (Option<T>, Vec<Mistake>),
) -> Result<T, ParseErrors> {
    let value = raw(json)?;
    let mut report = Report::new(json);
    let object = report.object(WHOLE_FILE, value, Some(keys));
    let (found, mistakes) = read(&mut Record {
        list: "",
        path: WHOLE_FILE.to_owned(),
        value,
        object,
        placeholder_id: placeholder_id(0),
        known_id,
        report: &mut report,
    });
    let reported = report.paths();
    let values = references::values_by_field(value);
    for Mistake { place, reason } in mistakes {
        if !reported.contains(&place.field) {
            let wrong = values.get(&place.field).unwrap_or(&value);
            report.add(wrong, place.field, reason);
        }
    }
    match found {
        Some(found) if report.is_empty() => Ok(found),
        _ => Err(report.finish().of_body()),
    }
}

fn raw(json: &str) -> Result<&RawValue, ParseErrors> {
    serde_json::from_str(json).map_err(|error| ParseErrors::not_json(json, &error).of_body())
}
