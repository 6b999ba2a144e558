//! Reading one object of a list, field by field.

use aftermatch_ports::model::{BrandId, Profile};
use serde_json::value::RawValue;

use crate::{
    fields,
    json::{self, WHOLE_FILE, child_path, is_object, must_be},
    report::{Object, Report},
};

/// A record that is being read. A wrong value is reported and read as `None`.
pub(crate) struct Record<'a, 'r> {
    pub(crate) list: &'static str,
    /// `users[3]`.
    pub(crate) path: String,
    pub(crate) value: &'a RawValue,
    /// `None` if the value is not an object, which is already reported.
    pub(crate) object: Option<Object<'a>>,
    /// Replaces an id that could not be read.
    pub(crate) placeholder_id: i64,
    /// The id that it has elsewhere. An own one is not needed then, and must be the same.
    pub(crate) known_id: Option<i64>,
    pub(crate) report: &'r mut Report<'a>,
}

/// A negative id, different for each `index`: no valid record has it.
pub(crate) fn placeholder_id(index: usize) -> i64 {
    i64::try_from(index).map_or(0, |index| i64::MIN.saturating_add(index))
}

/// The path of `field`, such as `participants[0]`, of the record at `record`.
pub(crate) fn field_path(record: &str, field: &str) -> String {
    match record {
        WHOLE_FILE => field.to_owned(),
        _ => format!("{record}.{field}"),
    }
}

impl<'a> Record<'a, '_> {
    /// The record's own id.
    pub(crate) fn own_id(&mut self) -> Option<i64> {
        if let Some(known) = self.known_id {
            self.optional("id", |value| match fields::id(value) {
                Ok(id) if id == known => Ok(()),
                _ => Err(must_be(value, &format!("{known}, as in the path"))),
            });
            return self.known_id;
        }
        let id = self.required("id", fields::id);
        if id.is_none() {
            self.report.add_unreadable_list(self.list);
        }
        id
    }

    pub(crate) fn required<T>(
        &mut self,
        key: &str,
        read: impl Fn(&'a RawValue) -> Result<T, String>,
    ) -> Option<T> {
        if !self.object.as_ref()?.contains_key(key) {
            self.add(self.value, key, "is missing");
        }
        self.optional(key, read)
    }

    /// `None` if the key is missing, which is not an error.
    pub(crate) fn optional<T>(
        &mut self,
        key: &str,
        read: impl Fn(&'a RawValue) -> Result<T, String>,
    ) -> Option<T> {
        let value = (*self.object.as_ref()?.get(key)?)?;
        read(value)
            .inspect_err(|reason| self.add(value, key, reason))
            .ok()
    }

    /// The profile of the record whose id is `id`.
    pub(crate) fn profile(&mut self, id: Option<i64>) -> Profile {
        let object = |value: &'a RawValue| match is_object(value) {
            true => Ok(value),
            false => Err(must_be(value, "an object")),
        };
        let Some(profile) = self.optional("profile", object) else {
            return Profile::new("{}");
        };
        let path = child_path(&self.path, "profile");
        let entries = self.report.object(&path, profile, None);
        let profile_id = entries.and_then(|object| object.get("id").copied().flatten());
        if let (Some(profile_id), Some(id)) = (profile_id, id)
            && fields::id(profile_id) != Ok(id)
        {
            let reason = must_be(profile_id, &format!("{id}, as the id beside the profile"));
            self.report.add(profile_id, child_path(&path, "id"), reason);
        }
        Profile::new(profile.get())
    }

    /// The participants of this record, which is a room.
    pub(crate) fn participants(&mut self) -> Vec<BrandId> {
        let list = |value| json::items(value).ok_or_else(|| must_be(value, "a list of brand ids"));
        let items = self.required("participants", list).unwrap_or_default();
        let read = |(nth, value): (usize, &'a RawValue)| {
            let id = fields::id(value).unwrap_or_else(|reason| {
                self.add(value, &format!("participants[{nth}]"), &reason);
                placeholder_id(nth)
            });
            BrandId(id)
        };
        items.into_iter().enumerate().map(read).collect()
    }

    fn add(&mut self, value: &RawValue, field: &str, reason: &str) {
        let path = field_path(&self.path, field);
        self.report.add(value, path, reason);
    }
}
