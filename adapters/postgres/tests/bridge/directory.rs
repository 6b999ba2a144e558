use crate::support::World;

#[tokio::test]
async fn users_brands_and_rooms_follow_the_platform() {
    let (world, _draining) = World::drained().await;
    world
        .run("UPDATE platform.accounts_user SET is_active = false WHERE id = 1")
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 1", "false")
        .await;
    world
        .run("UPDATE platform.accounts_user SET email = 'new@example.com' WHERE id = 2")
        .await;
    world
        .becomes(
            "SELECT profile->>'email' FROM users WHERE id = 2",
            "new@example.com",
        )
        .await;
    world.run("UPDATE platform.brand_brand SET subscription_id = 2, sub_expire = '2098-01-01' WHERE id = 13").await;
    world
        .becomes("SELECT tariff FROM brands WHERE id = 13", "comfort")
        .await;
    // A name of a tariff is in many brands.
    world
        .run("UPDATE platform.payments_subscription SET name = 'Бизнес' WHERE id = 1")
        .await;
    world
        .becomes("SELECT tariff FROM brands WHERE id = 12", "business")
        .await;
    world
        .run(
            "BEGIN;
             INSERT INTO platform.chat_room (id) VALUES (30);
             INSERT INTO platform.chat_room_participants (room_id, brand_id) VALUES (30, 13), (30, 11);
             INSERT INTO platform.chat_message (room_id, user_id, text) VALUES (30, 3, 'matched');
             COMMIT",
        )
        .await;
    world
        .becomes(
            "SELECT string_agg(brand_id::text, ' ' ORDER BY position) FROM participants WHERE room_id = 30",
            "13 11",
        )
        .await;
    world
        .becomes("SELECT last_seq FROM rooms WHERE id = 30", "1")
        .await;
    world
        .run("DELETE FROM platform.chat_room WHERE id = 22")
        .await;
    world
        .becomes("SELECT count(*) FROM rooms WHERE id = 22", "0")
        .await;
    world.is_same().await;
}

#[tokio::test]
async fn brands_change_hands_at_once() {
    let (world, _draining) = World::drained().await;
    world
        .run(
            "BEGIN; SET CONSTRAINTS ALL DEFERRED;
             UPDATE platform.brand_brand SET user_id = CASE id WHEN 11 THEN 2 ELSE 1 END WHERE id IN (11, 12);
             COMMIT",
        )
        .await;
    world
        .becomes("SELECT user_id FROM brands WHERE id = 11", "2")
        .await;
    world.is_same().await;
}

/// The mark of one of the two can be later than that of the other.
#[tokio::test]
async fn brand_takes_user_from_one_that_is_not_marked() {
    let world = World::installed().await;
    world
        .run(
            "BEGIN; SET CONSTRAINTS ALL DEFERRED;
             UPDATE platform.brand_brand SET user_id = CASE id WHEN 11 THEN 2 ELSE 1 END WHERE id IN (11, 12);
             COMMIT;
             UPDATE bridge_noted SET keys = array_remove(keys, '12')",
        )
        .await;
    let _draining = world.drain().await;
    world
        .becomes("SELECT user_id FROM brands WHERE id = 11", "2")
        .await;
    world.is_same().await;
}

#[tokio::test]
async fn removed_user_stays_where_something_was_written() {
    let (world, _draining) = World::drained().await;
    world
        .run("DELETE FROM platform.accounts_user WHERE id IN (1, 3, 4)")
        .await;
    world
        .becomes(
            "SELECT string_agg(id || ' ' || active, ', ' ORDER BY id) FROM users",
            "-1 false, 1 false, 2 true",
        )
        .await;
    world.becomes("SELECT count(*) FROM brands", "1").await;
    world.is_same().await;
}

#[tokio::test]
async fn rolled_back_changes_never_arrive() {
    let (world, _draining) = World::drained().await;
    world
        .run("BEGIN; UPDATE platform.accounts_user SET is_active = false; ROLLBACK")
        .await;
    world
        .run("UPDATE platform.accounts_user SET is_staff = true WHERE id = 3")
        .await;
    world
        .becomes("SELECT admin FROM users WHERE id = 3", "true")
        .await;
    world
        .becomes("SELECT count(*) FROM users WHERE active", "4")
        .await;
    world.is_same().await;
}
