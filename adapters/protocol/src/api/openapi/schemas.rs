//! The schemas of bodies, with examples that the types wrote.

use aftermatch_ports::{
    HistoryPage,
    model::{
        BrandId, Pen, Profile, RoomId, RoomKind, Seq, Tariff, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::macros::datetime;

use crate::{
    api::{
        Body, MAX_RECORDS, Operation,
        error::ErrorShape,
        events::Events,
        messages::{EditShape, History, NewMessageShape},
        records::{BrandRecord, Counts, RecordLists, RoomRecord, RoomRecords, UserRecord},
    },
    json,
    response::message::MessageShape,
    sample, webhook,
};

const PATH: &str = "/components/schemas";

/// Collects the shapes that have a name.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    read: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = PATH.into();
                settings.meta_schema = None;
            })
        };
        let mut schemas = Self {
            sent: settings().for_serialize().into_generator(),
            read: settings().for_deserialize().into_generator(),
        };
        // Every refusal has it.
        schemas.sent.subschema_for::<ErrorShape<'_>>();
        schemas
    }

    /// The body of a request.
    pub(super) fn request(&mut self, body: Body) -> Value {
        let (user, brand, room) = (user(), brand(), room());
        let read = &mut self.read;
        match body {
            Body::User => inline::<UserRecord<'_>>(read, &UserRecord::from(&user)),
            Body::Brand => inline::<BrandRecord<'_>>(read, &BrandRecord::from(&brand)),
            Body::Room => inline::<RoomRecord<'_>>(read, &RoomRecord::from(&room)),
            Body::Records => {
                let lists = RecordLists {
                    users: vec![(&user).into()],
                    brands: vec![(&brand).into()],
                    rooms: vec![(&room).into()],
                };
                let mut content = inline::<RecordLists<'_>>(read, &lists);
                let note = format!("At most {MAX_RECORDS} records in all.");
                if let Some(Value::Object(schema)) = content.get_mut("schema") {
                    schema.insert("description".to_owned(), note.into());
                }
                content
            }
            Body::Message => inline::<NewMessageShape<'_>>(read, &new_message()),
            Body::Edit => inline::<EditShape<'_>>(read, &EditShape { text: "Welcome!" }),
        }
    }

    /// The body of a response; `None` if there is none.
    pub(super) fn response(&mut self, operation: &Operation, status: u16) -> Option<Value> {
        let (user, brand, room) = (user(), brand(), room());
        let sent = &mut self.sent;
        Some(match (operation.path, operation.method) {
            _ if status == 204 => return None,
            ("/v1/users/{id}", _) => named::<UserRecord<'_>>(sent, &UserRecord::from(&user)),
            ("/v1/brands/{id}", _) => named::<BrandRecord<'_>>(sent, &BrandRecord::from(&brand)),
            ("/v1/rooms/{id}", _) => named::<RoomRecord<'_>>(sent, &RoomRecord::from(&room)),
            ("/v1/rooms", _) => named::<RoomRecords<'_>>(sent, &RoomRecords::of(&room)),
            ("/v1/events", _) => {
                let push = sample::push();
                named::<Events<'_>>(sent, &Events::of(&push, &webhook::id(&push)))
            }
            ("/v1/records", _) => named::<Counts>(sent, &Counts::EXAMPLE),
            (_, "GET") => named::<History<'_>>(sent, &History::from(&history())),
            _ => named::<MessageShape<'_>>(sent, &MessageShape::from(&sample::edited_message())),
        })
    }

    /// The shapes that have a name, and were used.
    pub(super) fn components(mut self) -> Value {
        // Those of requests are parts of shapes that are written out, and are read as they
        // are sent.
        let mut all: Map<String, Value> = self.read.take_definitions(true);
        all.extend(self.sent.take_definitions(true));
        Value::Object(all)
    }
}

fn inline<T: JsonSchema>(generator: &mut SchemaGenerator, example: &impl Serialize) -> Value {
    let schema = T::json_schema(generator).to_value();
    content(&schema, example)
}

fn named<T: JsonSchema>(generator: &mut SchemaGenerator, example: &impl Serialize) -> Value {
    let schema = generator.subschema_for::<T>().to_value();
    content(&schema, example)
}

fn content(schema: &Value, example: &impl Serialize) -> Value {
    let mut written = Vec::new();
    json::write(&mut written, example);
    let example: Value = serde_json::from_slice(&written).unwrap_or_default();
    json!({"schema": schema, "example": example})
}

fn user() -> NewUser {
    NewUser {
        id: UserId(3),
        active: true,
        admin: false,
        profile: Profile::new(r#"{"fullname":"Ann"}"#),
    }
}

fn brand() -> NewBrand {
    NewBrand {
        id: BrandId(1),
        owner: UserId(3),
        tariff: Some(Tariff::Business),
        tariff_until: Some(datetime!(2027-06-17 18:00 UTC).into()),
        profile: Profile::new(r#"{"brand_name_pos":"Alpha, founder"}"#),
    }
}

fn room() -> NewRoom {
    NewRoom {
        id: RoomId(17),
        participants: vec![BrandId(1), BrandId(2)],
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    }
}

fn new_message() -> NewMessageShape<'static> {
    NewMessageShape {
        user_id: crate::api::records::RecordNumber(900),
        text: "You have matched",
        client_msg_id: Some("match:17"),
    }
}

fn history() -> HistoryPage {
    HistoryPage {
        messages: vec![sample::edited_message()],
        has_older: true,
        has_newer: false,
        last_seq: Seq(42),
    }
}
