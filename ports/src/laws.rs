//! The laws of the ports: what every store and every relay guarantees, as one
//! async test each.
//!
//! The tests of a store implement [`Subject`] and write
//! `aftermatch_ports::laws::laws!(MySubject);`. That is all: they then have one
//! `#[tokio::test]` per law, on a runtime of several threads. The tests of a relay
//! do the same with [`RelaySubject`] and
//! `aftermatch_ports::laws::relay_laws!(MySubject);`.
//!
//! # To add a law
//! 1. a `pub async fn` in the file of its subject, whose one sentence of
//!    documentation is the law;
//! 2. its name in the list of [`laws!`] or [`relay_laws!`]. A law that is not
//!    listed is dead code, and the compiler says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "laws are tests: they fail by panicking"
)]

mod attachments;
mod audit;
mod changes;
mod client_msg_ids;
mod commits;
mod compare;
mod concurrent_writes;
mod creates;
mod deletions;
mod delta;
mod delta_pieces;
mod directory;
mod directory_model;
mod event_queue;
mod fixtures;
mod history;
mod log;
mod messages;
mod operations;
mod people;
mod preconditions;
mod projection;
mod purge;
mod pushes;
mod random_history;
mod read_positions;
mod receiving;
mod relay;
mod relay_events;
mod relay_signals;
mod revisions;
mod room_list;
mod rooms;
mod search;
mod subject;
mod writes;

pub use subject::{RelaySubject, Subject, Work};

/// Makes a `#[tokio::test]` of every law of a store, on the given [`Subject`]. The
/// crate that calls it needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! laws {
    (@all $then:ident $($subject:ty)?) => {
        $crate::laws! { @$then $($subject)?;
            people:
                user_read_returns_owned_brand
                unknown_user_reads_as_none
                user_added_later_is_found
                user_change_changes_revision
                brand_transfer_changes_both_owners_revisions
                unchanged_user_keeps_revision;
            directory:
                put_records_are_read_as_given
                same_records_again_change_nothing
                put_and_removal_are_known
                invalid_references_change_nothing
                brands_change_hands_in_one_put
                replaced_room_has_same_log
                user_with_brand_or_messages_stays
                random_puts_and_removals_follow_model;
            rooms:
                room_shows_participants_in_given_order
                room_holds_any_number_of_participants
                unknown_room_reads_as_none
                room_shows_kind_pen_and_frozen_as_given
                participant_change_changes_room_revision
                brand_change_changes_its_rooms_revisions
                unchanged_room_keeps_revision;
            room_list:
                rooms_are_listed_by_id
                room_page_respects_start_and_limit
                brand_lists_only_its_rooms
                brand_lists_its_rooms_as_of_now
                removed_room_is_not_found_or_listed
                list_without_reader_has_no_unread
                summaries_and_states_are_those_of_list
                participants_are_found_both_ways
                list_shows_newest_message_as_of_now
                each_listed_room_shows_own_summary;
            messages:
                events_are_numbered_without_gap
                each_room_numbers_its_own_events
                message_ids_are_unique_across_rooms
                deleted_message_id_is_never_reused
                initial_messages_are_first_events
                imported_messages_keep_their_ids
                new_message_never_takes_imported_id
                edit_reaches_only_own_existing_message;
            creates:
                creates_of_one_call_are_numbered_in_order
                creates_of_one_call_have_own_outcomes
                creates_after_room_change_write_nothing
                concurrent_creates_stay_in_order_of_their_call;
            deletions:
                deletion_of_many_is_one_event
                deletion_reports_ids_in_request_order
                deletion_stays_within_scope
                deletion_stays_within_room
                deletion_of_nothing_takes_no_number
                deletion_accepts_maximum_of_ids;
            preconditions:
                precondition_holds_while_room_and_user_unchanged
                room_change_makes_writes_conflict
                user_change_makes_writes_conflict
                removed_room_makes_writes_conflict
                recreated_room_makes_old_writes_conflict
                unknown_room_or_user_makes_writes_conflict;
            concurrent_writes:
                concurrent_writes_leave_no_gap_or_duplicate
                concurrent_deletions_delete_each_message_once
                deleted_message_is_never_edited
                write_never_commits_after_room_change
                write_never_commits_after_user_change;
            projection:
                message_reads_as_written_and_edited
                initial_messages_read_as_given
                message_shows_author_as_of_now;
            history:
                every_paging_direction_shows_same_messages
                history_range_accepts_any_number
                empty_page_has_no_neighbours
                page_has_bounded_text
                pages_end_at_maximum
                missing_room_has_no_messages
                recreated_room_starts_empty
                concurrent_read_shows_one_moment;
            search:
                search_finds_whole_words_in_any_case
                search_finds_messages_with_all_words
                search_finds_present_texts
                search_with_any_limit_finds_same_messages
                search_looks_through_bounded_piece
                search_stays_within_room
                search_finds_odd_texts_by_themselves;
            attachments:
                attachments_read_back_everywhere
                empty_text_needs_attachments
                repeated_create_has_same_attachments
                purge_forgets_attachments_of_deleted
                read_has_bounded_attachments
                concurrent_creates_have_own_attachments;
            delta:
                delta_since_any_event_reproduces_room
                delta_omits_messages_created_and_deleted_since
                delta_lists_deleted_messages_by_id
                delta_since_last_event_is_empty
                delta_since_invalid_number_is_none
                missing_room_has_no_delta
                delta_beyond_limit_is_none
                delta_beyond_deleted_limit_is_none;
            delta_pieces:
                delta_pieces_make_whole_delta
                delta_pieces_and_later_events_reproduce_room
                missing_room_has_no_next_delta;
            client_msg_ids:
                repeated_create_returns_first_message
                client_msg_id_with_other_text_conflicts
                edited_message_still_matches_first_text
                deleted_message_keeps_its_client_msg_id
                client_msg_id_elsewhere_is_another_message
                create_without_client_msg_id_always_creates
                repeated_create_with_old_precondition_conflicts
                concurrent_retries_create_one_message;
            read_positions:
                read_position_moves_forward_to_last_event
                read_position_is_per_user_and_room
                read_position_change_is_no_event
                private_mark_is_not_shown
                positions_of_present_participants_are_shown
                missing_room_has_no_read_position
                concurrent_read_positions_end_at_furthest
                unread_counts_messages_of_others_after_position
                unread_is_exact_at_every_position
                unread_counts_up_to_a_bound;
            log:
                log_has_every_event_as_it_was
                log_read_starts_at_any_number
                imported_message_is_create_in_log
                deletion_in_log_keeps_request_order
                log_shows_each_version_of_message
                missing_room_has_no_log
                request_ids_come_back_as_given
                log_has_only_committed_events
                log_shows_author_as_of_now;
            audit:
                versions_are_what_was_written
                purged_versions_have_no_text
                versions_stay_within_room
                versions_page_has_bounded_text
                audit_has_every_edit_and_deletion
                purged_audit_has_no_text
                audit_page_is_bounded
                longest_text_is_there
                reason_comes_back_as_given
                audit_stays_within_room;
            commits:
                time_never_goes_back_within_room
                head_is_last_commit_everywhere
                recreated_room_has_another_log
                concurrent_log_read_shows_one_moment;
            purge:
                purge_forgets_replaced_and_deleted_texts
                purge_respects_limit
                purge_changes_nothing_that_room_shows
                purge_with_long_keep_forgets_nothing
                purge_keeps_client_msg_ids;
            pushes:
                first_find_begins_with_next_message
                each_message_is_pushed_once_in_order
                pushed_message_is_as_it_is_now
                failed_push_waits_until_hastened
                given_up_push_lets_room_go_on
                outdated_settlement_has_no_effect
                old_message_is_not_found
                recreated_room_is_pushed_again
                candidates_are_users_of_participants;
            event_queue:
                events_are_read_in_order_of_number
                same_event_again_changes_nothing
                events_dealt_with_are_removed
                number_that_never_was_removes_nothing
                number_is_never_used_again
                concurrent_events_become_visible_in_order
                old_events_expire_oldest_first;
            revisions:
                recheck_returns_without_any_change
                first_changes_are_unknown
                platform_change_is_known
                new_event_is_known
                recreated_room_is_known
                unchanged_users_and_rooms_are_not_listed
                only_changed_users_and_rooms_are_listed
                cached_read_is_current_after_changes
                concurrent_changes_are_never_lost;
            compare:
                expected_store_has_no_difference
                user_without_expected_role_differs
                room_without_expected_participant_differs
                log_with_other_end_differs
                only_differences_are_reported;
        }
    };
    (@export; $($file:ident: $($law:ident)+;)+) => {
        $(pub use $file::{$($law),+};)+
    };
    (@test $subject:ty; $($file:ident: $($law:ident)+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread")]
            async fn $law() {
                $crate::laws::$law::<$subject>().await;
            }
        )+)+
    };
    ($subject:ty) => {
        $crate::laws! { @all test $subject }
    };
}

/// Makes a `#[tokio::test]` of every law of a relay, on the given
/// [`RelaySubject`].
#[macro_export]
macro_rules! relay_laws {
    (@all $then:ident $($subject:ty)?) => {
        $crate::laws! { @$then $($subject)?;
            relay:
                published_event_reaches_other_instance
                large_event_reaches_other_instance
                event_of_any_length_reaches_other_instance
                instance_receives_only_what_others_published
                ready_instance_receives_events_in_order
                event_after_room_is_wanted_is_noticed
                instance_that_wants_all_receives_every_room
                publish_returns_while_nobody_receives;
            relay_signals:
                signals_reach_instance_that_wants_room
                own_reads_reach_instance_that_wants_user
                read_after_room_is_wanted_is_noticed
                presence_reaches_instance_that_wants_it;
        }
    };
    ($subject:ty) => {
        $crate::relay_laws! { @all test $subject }
    };
}

pub use {laws, relay_laws};

laws! { @all export }
relay_laws! { @all export }
