//! What an import makes of the columns of rooms.

use crate::support::{import_into, room, town, user, with_world, world};
use aftermatch_ports::model::{Pen, RoomId, RoomKind, world::NewRoom};

#[tokio::test]
async fn import_updates_kind_pen_and_frozen() {
    let (database, platform) = with_world(&town(vec![])).await;
    let support = NewRoom {
        kind: RoomKind::new("support").expect("a valid kind"),
        pen: Pen::Always,
        frozen: true,
        ..room(21, &[11, 12])
    };
    let new = NewRoom {
        id: RoomId(24),
        participants: vec![],
        ..support.clone()
    };
    let changed = |rooms| {
        world(
            (1..=4).map(user).collect(),
            town(vec![]).brands().to_vec(),
            rooms,
            vec![],
        )
    };
    for (rooms, count, expected) in [
        (
            vec![support.clone(), room(22, &[12, 13]), new.clone()],
            2,
            [
                "21 support always t",
                "22 match tariff f",
                "23 match tariff f",
                "24 support always t",
            ],
        ),
        (
            vec![room(21, &[11, 12]), new],
            1,
            [
                "21 match tariff f",
                "22 match tariff f",
                "23 match tariff f",
                "24 support always t",
            ],
        ),
    ] {
        let imported = import_into(&database, &changed(rooms)).await;
        assert_eq!(imported.expect("an import").rooms, count);
        let rooms = "SELECT concat_ws(' ', id, kind, pen, frozen) FROM rooms ORDER BY id";
        let rooms = sqlx::query_scalar::<_, String>(rooms).fetch_all(platform.pool());
        assert_eq!(rooms.await.expect("the rooms"), expected);
    }
}
