use std::sync::Arc;

use crate::delivery::connection::Connection;

/// A summary for these connections.
#[derive(Default)]
pub(in crate::delivery) struct Delivery {
    pub(in crate::delivery) connections: Vec<Arc<Connection>>,
    /// Whether the scope did not have the room before.
    pub(in crate::delivery) is_new: bool,
    pub(in crate::delivery) with_room: bool,
    /// Whether the summary has read positions.
    pub(in crate::delivery) with_read_positions: bool,
}
