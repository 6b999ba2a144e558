//! The laws of the stores: what [`People`], [`Rooms`], [`Messages`] and [`Watch`]
//! promise, as one async test each, on a fresh [`Subject`].
//!
//! An adapter implements [`Subject`] in its tests and writes
//! `aftermatch_ports::contract::laws!(MySubject);`. That is all: it then has one
//! `#[tokio::test]` per law, on a runtime of several threads.
//!
//! # To add a law
//! 1. a `pub async fn` in the file of its subject, whose one sentence of
//!    documentation is the law;
//! 2. its name in the list of [`laws!`]. A law that is not listed is dead code,
//!    and the compiler says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "laws are tests: they fail by panicking"
)]

mod asked;
mod changes;
mod deletions;
mod given;
mod guards;
mod history;
mod lived;
mod messages;
mod people;
mod races;
mod reading;
mod retries;
mod rooms;
mod shown;
mod watch;

use std::pin::Pin;

use aftermatch_model::{
    RoomId, Timestamp, World,
    world::{NewBrand, NewRoom, NewUser},
};
use async_trait::async_trait;

use crate::{Messages, People, Rooms, Watch};

/// A store under the laws, and the platform's own hand on it, which changes
/// users, brands and rooms while the service runs.
#[async_trait]
pub trait Subject: Send + Sync + Sized + 'static {
    /// A fresh store that holds this world and nothing else.
    async fn holding(world: World) -> Self;

    /// Its people.
    fn people(&self) -> &dyn People;

    /// Its rooms.
    fn rooms(&self) -> &dyn Rooms;

    /// Its messages.
    fn messages(&self) -> &dyn Messages;

    /// What others do to it.
    fn watch(&self) -> &dyn Watch;

    /// The platform inserts or replaces a user.
    async fn put_user(&self, user: NewUser);

    /// The platform inserts or replaces a brand whose owner is there.
    async fn put_brand(&self, brand: NewBrand);

    /// The platform inserts or replaces a room whose participants are there.
    async fn put_room(&self, room: NewRoom);

    /// The platform removes a room, and what was written in it.
    async fn remove_room(&self, room: RoomId);

    /// Any moment. The core has neither a clock nor a calendar to take one from.
    fn moment() -> Timestamp;

    /// A moment after that one.
    fn later() -> Timestamp;

    /// Does all of `work` at once, on several threads, and returns when it is
    /// done. What panics in it panics here.
    async fn in_parallel(work: Vec<Work>);
}

/// Something to be done while other things are done.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes of every law a `#[tokio::test]` on the given [`Subject`]. The crate
/// that calls it needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! laws {
    (@all $then:ident $($subject:ty)?) => {
        $crate::laws! { @$then $($subject)?;
            people:
                a_user_is_found_with_the_brand_it_owns
                a_user_who_is_not_there_is_none
                a_user_put_later_is_found
                every_change_of_a_user_moves_its_revision
                a_brand_that_changes_hands_moves_both_owners_revisions
                a_user_to_whom_nothing_happened_keeps_its_revision;
            rooms:
                a_room_has_its_participants_in_the_order_given
                a_room_has_any_number_of_participants
                a_room_that_is_not_there_is_none
                every_change_of_its_participants_moves_a_rooms_revision
                every_change_of_a_brand_moves_the_revision_of_its_rooms
                a_room_to_which_nothing_happened_keeps_its_revision
                rooms_are_listed_by_number
                a_page_begins_behind_a_room_and_ends_at_its_limit
                a_brand_lists_the_rooms_it_takes_part_in
                a_brand_lists_its_rooms_as_they_are_now
                a_removed_room_is_gone;
            messages:
                changes_are_numbered_from_one_without_a_gap
                every_room_counts_for_itself
                message_ids_are_unique_over_all_rooms
                the_id_of_a_deleted_message_is_not_used_again
                messages_of_the_first_hour_are_counted
                imported_messages_keep_their_ids
                new_messages_never_take_an_imported_id
                only_a_message_of_ones_own_can_be_edited
                where_there_is_no_room_there_is_no_change;
            deletions:
                a_deletion_is_one_change
                a_deletion_tells_what_it_deleted_as_asked_and_once
                a_deletion_reaches_only_whose_messages_it_may
                a_deletion_reaches_only_its_room
                a_deletion_of_nothing_takes_no_number
                a_deletion_takes_as_many_as_one_may_name;
            guards:
                a_guard_holds_while_nothing_it_was_judged_by_changes
                a_change_of_the_room_makes_the_guard_stale
                a_change_of_the_user_makes_the_guard_stale
                a_removed_room_makes_the_guard_stale
                a_room_that_was_removed_and_put_again_makes_the_guard_stale
                a_guard_on_what_never_was_is_stale;
            races:
                many_writers_leave_no_gap_and_share_no_id
                racing_deletions_delete_every_message_once
                nothing_is_edited_behind_its_deletion
                no_write_passes_a_change_of_its_room
                no_write_passes_a_change_of_its_user;
            shown:
                a_message_reads_as_it_was_written_and_edited
                messages_of_the_first_hour_read_as_they_were_given
                a_message_shows_its_author_as_of_now;
            history:
                all_ways_through_a_room_show_the_same
                a_stretch_begins_or_ends_at_any_number
                a_stretch_of_nothing_goes_on_nowhere
                where_there_is_no_room_there_is_nothing_to_read
                nothing_of_a_removed_room_comes_back
                what_is_read_is_of_one_moment;
            changes:
                changes_since_any_number_lead_to_the_room_as_it_is
                what_came_and_went_since_is_of_no_account
                what_is_gone_is_told_in_the_order_of_its_ids
                since_the_last_change_nothing_is_different
                since_no_number_of_the_past_only_the_last_is_told
                where_there_is_no_room_nothing_has_changed
                more_living_messages_than_asked_for_are_not_told
                more_gone_messages_than_are_ever_told_are_not_told;
            retries:
                a_repeat_is_answered_with_the_message
                another_text_finds_its_client_id_taken
                a_repeat_is_known_by_the_text_as_it_was_sent
                the_client_id_of_a_deleted_message_stays_taken
                a_client_id_is_of_one_author_and_one_room
                without_a_client_id_nothing_is_a_repeat
                a_repeat_with_a_stale_guard_is_stale
                many_retries_at_once_keep_one_message;
            reading:
                a_mark_goes_forwards_and_not_beyond_the_last_change
                a_mark_is_of_one_user_in_one_room
                reading_changes_nothing_in_the_room
                where_there_is_no_room_nothing_is_read
                of_racing_marks_the_furthest_stays
                unread_is_what_others_wrote_behind_the_mark
                unread_is_exact_at_every_mark
                where_nobody_reads_nothing_is_unread
                a_list_shows_the_newest_message_as_it_is_now
                every_room_of_a_page_shows_its_own;
            watch:
                there_is_always_something_to_look_at
                what_the_platform_changes_is_seen
                what_is_gone_is_not_as_expected
                every_kept_change_is_ahead
                a_room_is_moved_and_ahead_at_once
                exactly_those_that_moved_are_seen;
        }
    };
    (@export; $($file:ident: $($law:ident)+;)+) => {
        $(pub use $file::{$($law),+};)+
    };
    (@test $subject:ty; $($file:ident: $($law:ident)+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread")]
            async fn $law() {
                $crate::contract::$law::<$subject>().await;
            }
        )+)+
    };
    ($subject:ty) => {
        $crate::laws! { @all test $subject }
    };
}

pub use laws;

laws! { @all export }
