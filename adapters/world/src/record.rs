use aftermatch_ports::model::{BrandId, Profile};
use serde_json::value::RawValue;

use crate::{
    fields,
    json::{self, is_object, within, wrong},
    report::{Object, Report},
};

/// A record that is being read. What is wrong is noted in the report, and its
/// value is `None`.
pub(crate) struct Record<'a, 'r> {
    pub(crate) list: &'static str,
    /// `users[3]`.
    pub(crate) place: String,
    pub(crate) value: &'a RawValue,
    /// `None` where it is no object, which is noted already.
    pub(crate) object: Option<Object<'a>>,
    /// Stands in for an id that could not be read.
    pub(crate) unheard_of: i64,
    pub(crate) report: &'r mut Report<'a>,
}

/// An id that no record can have, another for each `index`.
pub(crate) fn unheard_of(index: usize) -> i64 {
    i64::try_from(index).map_or(0, |index| i64::MIN.saturating_add(index))
}

impl<'a> Record<'a, '_> {
    /// The id that the record itself goes by.
    pub(crate) fn own_id(&mut self) -> Option<i64> {
        let id = self.required("id", fields::id);
        if id.is_none() {
            self.report.add_hole(self.list);
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

    /// `None`, unnoted, where the key is not there.
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
            false => Err(wrong(value, "an object")),
        };
        let Some(profile) = self.optional("profile", object) else {
            return Profile::new("{}");
        };
        let place = within(&self.place, "profile");
        let known = self.report.object(&place, profile, None);
        let same = known.and_then(|object| object.get("id").copied().flatten());
        if let (Some(same), Some(id)) = (same, id)
            && fields::id(same) != Ok(id)
        {
            let reason = wrong(same, &format!("{id}, as the id beside the profile"));
            self.report.add(same, within(&place, "id"), reason);
        }
        Profile::new(profile.get())
    }

    /// The brands that take part in the room that this is.
    pub(crate) fn participants(&mut self) -> Vec<BrandId> {
        let list = |value| json::items(value).ok_or_else(|| wrong(value, "a list of brand ids"));
        let items = self.required("participants", list).unwrap_or_default();
        let read = |(nth, value): (usize, &'a RawValue)| {
            let id = fields::id(value).unwrap_or_else(|reason| {
                self.add(value, &format!("participants[{nth}]"), &reason);
                unheard_of(nth)
            });
            BrandId(id)
        };
        items.into_iter().enumerate().map(read).collect()
    }

    fn add(&mut self, value: &RawValue, field: &str, reason: &str) {
        let place = format!("{}.{field}", self.place);
        self.report.add(value, place, reason);
    }
}
