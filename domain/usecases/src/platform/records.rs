use aftermatch_ports::{
    Page, PlatformError, Put, PutCounts, Removal, Scope,
    model::{RecordId, Records, world::NewRoom},
};

use crate::Ports;

/// Rights that end with it are taken away by the recheck that the change leads to.
pub(super) async fn put(ports: &Ports, records: Records) -> Result<PutCounts, PlatformError> {
    match ports.directory.put(records).await? {
        Put::Done(counts) => Ok(counts),
        Put::Refused(references) => Err(PlatformError::InvalidReferences(references)),
        Put::Unfit(sentence) => Err(PlatformError::Unfit(sentence)),
    }
}

pub(super) async fn remove(ports: &Ports, id: RecordId) -> Result<bool, PlatformError> {
    match ports.directory.remove(id).await? {
        Removal::Removed => Ok(true),
        Removal::Absent => Ok(false),
        Removal::Refused(reference) => Err(PlatformError::InvalidReferences(vec![reference])),
    }
}

pub(super) async fn rooms(ports: &Ports, page: Page) -> Result<Vec<NewRoom>, PlatformError> {
    let rooms = ports.rooms.rooms(Scope::All, page).await?;
    let rooms = rooms.iter().map(|summary| NewRoom::from(&*summary.room));
    Ok(rooms.collect())
}
