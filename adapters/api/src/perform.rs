//! From a request to the port, and back.

use aftermatch_ports::{
    HistoryRange, Moderator, Page, Platform, Post, PutCounts,
    model::{BrandId, MessageId, Reason, RecordId, Records, RoomId, Seq, UserId},
};
use aftermatch_protocol::{
    api::{self, ApiAction, ApiCode, ApiError, DEFAULT_ROOMS, MAX_EVENTS, MAX_RECORDS},
    error::ProtocolError,
    limits::{DEFAULT_MESSAGES, MAX_MESSAGES, MAX_ROOMS},
};
use aftermatch_world::{self as world, ParseErrors};
use poem::{Request, Response};

use crate::{
    body,
    events::Events,
    failure::Failure,
    query::{Query, invalid},
    response::{done, json},
    route::Route,
};

type Performed = Result<Response, Failure>;

pub(crate) async fn perform(
    platform: &dyn Platform,
    events: Option<&Events>,
    route: Route,
    mut request: Request,
) -> Performed {
    let Route {
        operation,
        id,
        message_id,
    } = route;
    let query = Query::of(&request, operation)?;
    let body = match operation.body {
        Some(kind) => body::read(&mut request, kind).await?,
        None => String::new(),
    };
    let (user, brand, room) = (UserId(id), BrandId(id), RoomId(id));
    match operation.action {
        ApiAction::GetUser => {
            let found = platform.user(user).await?;
            shown(found.as_ref().map(api::user), "user", id)
        }
        ApiAction::PutUser => {
            let records = read(world::parse_user(&body, user))?;
            put(platform, records).await
        }
        ApiAction::RemoveUser => remove(platform, RecordId::User(user)).await,
        ApiAction::GetBrand => {
            let found = platform.brand(brand).await?;
            shown(found.as_ref().map(api::brand), "brand", id)
        }
        ApiAction::PutBrand => {
            let records = read(world::parse_brand(&body, brand))?;
            put(platform, records).await
        }
        ApiAction::RemoveBrand => remove(platform, RecordId::Brand(brand)).await,
        ApiAction::ListRooms => list_rooms(platform, &query).await,
        ApiAction::GetRoom => {
            let found = platform.room(room).await?;
            shown(found.as_ref().map(api::room), "room", id)
        }
        ApiAction::PutRoom => {
            let records = read(world::parse_room(&body, room))?;
            put(platform, records).await
        }
        ApiAction::RemoveRoom => remove(platform, RecordId::Room(room)).await,
        ApiAction::PutRecords => {
            let records = read(world::parse_records(&body))?;
            put_many(platform, records).await
        }
        ApiAction::ListMessages => list_messages(platform, room, &query).await,
        ApiAction::CreateMessage => create_message(platform, room, &body).await,
        ApiAction::EditMessage => {
            let text = read(world::parse_edit(&body))?;
            let id = MessageId(message_id);
            platform.edit(room, id, text.as_str()).await?;
            Ok(done())
        }
        ApiAction::RemoveMessage => {
            let by = moderator(&query)?;
            platform.delete(room, MessageId(message_id), by).await?;
            Ok(done())
        }
        ApiAction::ListEvents => list_events(events, &query).await,
    }
}

fn read<T>(parsed: Result<T, ParseErrors>) -> Result<T, ApiError> {
    parsed.map_err(|errors| body::malformed(&errors))
}

fn shown(found: Option<Vec<u8>>, what: &str, id: i64) -> Performed {
    match found {
        Some(body) => Ok(json(200, body)),
        None => {
            let sentence = format!("there is no {what} {id}");
            Err(ApiError::new(ApiCode::NotFound, sentence).into())
        }
    }
}

/// Puts one record, and shows it.
async fn put(platform: &dyn Platform, records: Records) -> Performed {
    let users = records.users().iter().map(api::user);
    let brands = records.brands().iter().map(api::brand);
    let rooms = records.rooms().iter().map(api::room);
    let body = users
        .chain(brands)
        .chain(rooms)
        .collect::<Vec<_>>()
        .concat();
    let PutCounts { created, .. } = platform.put(records).await?;
    Ok(json(if created > 0 { 201 } else { 200 }, body))
}

async fn put_many(platform: &dyn Platform, records: Records) -> Performed {
    let count = records.len();
    if count > MAX_RECORDS {
        let sentence =
            format!("there are {count} records: at most {MAX_RECORDS} are allowed in one request");
        return Err(ApiError::new(ApiCode::TooLarge, sentence).into());
    }
    let counts = platform.put(records).await?;
    Ok(json(200, api::counts(counts, count)))
}

/// It makes no difference whether there was one: a repeated request is no mistake.
async fn remove(platform: &dyn Platform, id: RecordId) -> Performed {
    platform.remove(id).await?;
    Ok(done())
}

async fn list_rooms(platform: &dyn Platform, query: &Query) -> Performed {
    let limit = query.limit(DEFAULT_ROOMS, MAX_ROOMS)?;
    let after = query.number("after", 0)?.map(RoomId);
    let rooms = platform.rooms(Page { after, limit }).await?;
    Ok(json(200, api::rooms(&rooms, limit)))
}

async fn list_messages(platform: &dyn Platform, room: RoomId, query: &Query) -> Performed {
    let limit = query.limit(DEFAULT_MESSAGES, MAX_MESSAGES)?;
    let range = match query.number("before_seq", 1)? {
        Some(seq) => HistoryRange::Before(Seq(seq)),
        None => HistoryRange::Newest,
    };
    let page = platform.messages(room, range, limit).await?;
    Ok(json(200, api::history(&page)))
}

async fn list_events(events: Option<&Events>, query: &Query) -> Performed {
    let limit = query.limit(MAX_EVENTS, MAX_EVENTS)?;
    let after = query.number("after", 0)?;
    let Some(events) = events else {
        let sentence = "events are switched off: set CHAT_API_EVENTS=on, for all processes";
        return Err(ApiError::new(ApiCode::NotFound, sentence).into());
    };
    let events = events.read(after, limit).await?;
    Ok(json(200, api::events(&events)))
}

async fn create_message(platform: &dyn Platform, room: RoomId, body: &str) -> Performed {
    let message = read(world::parse_message(body))?;
    let post = Post {
        room,
        author: message.author,
        text: message.text.as_str().to_owned(),
        client_msg_id: message.client_msg_id,
    };
    let posted = platform.create(post).await?;
    let status = if posted.is_new { 201 } else { 200 };
    Ok(json(status, api::message(&posted.message)))
}

/// Who deletes, and why.
fn moderator(query: &Query) -> Result<Option<Moderator>, ApiError> {
    let user = query.number("by", 1)?.map(UserId);
    let reason = query.text("reason").map(Reason::new).transpose();
    let reason = reason.map_err(|refusal| invalid(ProtocolError::from(refusal).sentence))?;
    match (user, reason) {
        (None, Some(_)) => Err(invalid(
            "there is a `reason`, and nobody who gives it: say with `by` who deletes the message",
        )),
        (user, reason) => Ok(user.map(|user| Moderator { user, reason })),
    }
}
