//! The list of cases, each with the words of the contract.

/// Makes a `#[test]` of every case of [`scs::conformance`](mod@crate::conformance) for one store.
///
/// The name of a module to put them in, an expression that makes a [`Harness`](crate::conformance::Harness),
/// and what the store can do: `store`, and `iterate`, `index`, `limit`, `purge` if it implements those traits, and
/// `restart` if the harness can restart a server.
/// Attributes in front go to each test, such as `#[ignore = "needs a server"]`.
#[macro_export]
macro_rules! conformance {
    ($(#[$attribute:meta])* $name:ident: $harness:expr => $($capability:ident),+ $(,)?) => {
        $crate::__conformance_modules! { $name, $harness, ($(#[$attribute])*); $($capability),+ }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_modules {
    ($name:ident, $harness:expr, $attributes:tt; $($capability:ident),+) => {
        mod $name {
            $(mod $capability {
                #[allow(unused_imports, reason = "the harness may be named in full")]
                use super::super::*;

                $crate::__conformance_cases!($capability, $harness, $attributes);
            })+
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($capability:ident, $harness:expr, $attributes:tt; $($case:ident: $contract:literal,)+) => {
        $($crate::__conformance_test! { $capability, $harness, $attributes, $case, $contract })+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_test {
    ($capability:ident, $harness:expr, ($($attribute:tt)*), $case:ident, $contract:literal) => {
        #[test]
        $($attribute)*
        fn $case() {
            $crate::conformance::check(stringify!($case), $contract, &$harness, |harness| {
                ::std::boxed::Box::pin($crate::conformance::$capability::$case(harness))
            });
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    (store, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { store, $harness, $attributes;
            create_keeps_the_entry: "`create` keeps the entry's payload and revision",
            create_never_overwrites: "`create` inserts if there is no live record under the id, and answers `Occupied` otherwise",
            an_unknown_id_is_absent: "`load` answers `None` for a record that is absent",
            update_replaces_payload_and_revision: "`update` replaces a record that has the expected revision",
            update_at_another_revision_is_a_conflict: "`update` leaves a record with another revision as it is and answers `Conflict`",
            update_never_creates: "`update` never creates",
            update_never_brings_back: "what was deleted does not come back",
            delete_removes_and_says_so: "`delete` removes a record and answers `true`",
            delete_of_nothing_is_no_error: "`delete` answers `false` if there was no record",
            delete_at_ends_a_record_at_its_revision: "`delete_at` deletes a record that has the expected revision",
            delete_at_another_revision_is_a_conflict: "`delete_at` leaves a record with another revision as it is and answers `Conflict`",
            delete_at_of_nothing_deletes_nothing: "`delete_at` answers `Gone`, or `Conflict`, if there was no record",
            a_deleted_id_may_be_created_again: "`create` inserts if there is no record under the id",
            ids_are_compared_bit_by_bit: "ids are 16 bytes that differ if one bit does",
            ids_are_any_bytes: "ids are any 16 bytes; none of them has a meaning",
            revisions_are_any_number: "revisions are any 64-bit number but zero",
            a_create_that_is_sent_again_recognises_itself: "finding the entry's own revision in place means done",
            an_update_that_is_sent_again_recognises_itself: "finding the entry's own revision in place means done",
            a_late_create_overwrites_nothing: "`create` never overwrites, also when it is sent again after an update",
            a_late_update_overwrites_nothing: "`update` needs the expected revision, also when it is sent again after another update",
            records_do_not_touch_each_other: "an operation concerns the record under its id and no other",
            an_empty_payload_is_a_payload: "payloads are any bytes, also none",
            every_byte_is_kept: "payloads are any bytes",
            bytes_of_no_text_are_kept: "payloads are bytes and not text",
            zeros_are_kept: "payloads are any bytes, zeros included",
            kibibytes_64_are_kept: "a store takes payloads of 64 KiB",
            one_byte_more_than_64_kibibytes_is_kept: "a store takes payloads of 64 KiB and one byte",
            the_largest_payload_is_kept: "a store takes payloads as large as its documentation says",
            a_shorter_payload_leaves_nothing_of_a_longer_one: "`update` replaces the whole payload",
            a_record_lives_as_long_as_its_time_to_live: "a record lives for its time to live and is absent afterwards",
            load_tells_the_time_that_is_left: "`load` answers with the time that is left",
            update_starts_the_time_anew: "`update` starts the entry's time to live",
            update_may_shorten_the_time: "`update` starts the entry's time to live, be it shorter",
            an_expired_record_leaves_its_id_free: "an expired record counts as none",
            an_expired_record_is_never_updated: "an expired record counts as none, and `update` never creates",
            an_expired_record_is_never_touched: "`touch` does nothing to a record that has expired",
            deleting_an_expired_record_deletes_nothing: "an expired record counts as none",
            delete_at_of_an_expired_record_deletes_nothing: "an expired record counts as none",
            no_time_to_live_is_no_life: "a time to live of nothing is over at once, and never one without end",
            the_shortest_time_to_live_ends: "a time to live below the store's precision ends, and is never one without end",
            ten_years_are_kept: "a time to live of ten years is kept",
            the_longest_time_to_live_is_long: "a time to live beyond what the store can express is as long as it can express",
            touch_lengthens_the_life: "`touch` moves the expiry",
            touch_may_shorten_the_life: "`touch` moves the expiry, be it closer",
            touch_never_creates: "`touch` does nothing to a record that is absent",
            touch_never_brings_back: "what was deleted does not come back",
            touch_at_another_revision_does_nothing: "`touch` does nothing to a record at another revision",
            touch_keeps_payload_and_revision: "`touch` moves the expiry and nothing else: the revision stays",
            touch_for_the_longest_time_is_long: "a time to live beyond what the store can express is as long as it can express",
            touch_for_no_time_ends_the_record: "a time to live of nothing is over at once",
            of_many_creates_one_wins: "operations are atomic: of concurrent creates of one id exactly one answers `Created`",
            of_many_updates_one_wins_each_round: "operations are atomic: of concurrent updates at one revision exactly one answers `Updated`",
            counting_by_compare_and_set_is_exact: "operations are atomic: no update is lost",
            a_delete_is_final_against_an_update: "operations are atomic: a delete is final, whatever an update does meanwhile",
            a_delete_is_final_against_a_touch: "operations are atomic: a delete is final, whatever a touch does meanwhile",
            a_delete_at_and_an_update_exclude_each_other: "operations are atomic: of a `delete_at` and an `update` at one revision exactly one is done",
            of_many_delete_ats_one_wins: "of those who have read one version of a record, at most one ends it",
            a_touch_undoes_no_update: "operations are atomic: a touch changes nothing but the expiry, whatever an update does meanwhile",
            a_reader_sees_whole_records: "operations are atomic: `load` answers with what one write wrote",
            many_sessions_at_once_are_kept_apart: "an operation concerns the record under its id and no other",
            a_dropped_create_is_whole_or_nothing: "a future dropped at any await leaves the record as before or as after",
            a_dropped_update_is_whole_or_nothing: "a future dropped at any await leaves the record as before or as after",
            a_dropped_delete_is_whole_or_nothing: "a future dropped at any await leaves the record as before or as after",
            a_dropped_delete_at_is_whole_or_nothing: "a future dropped at any await leaves the record as before or as after",
            a_dropped_touch_harms_nothing: "a future dropped at any await leaves the record as before or as after",
            dropped_calls_use_nothing_up: "a dropped future gives back what it held: connections, locks, places in a queue",
            a_store_that_answers_at_once_never_waits: "where `answers_at_once` is true, every call is answered without waiting",
        }
    };
    (iterate, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { iterate, $harness, $attributes;
            every_live_record_is_listed_once: "a list has every record that lives throughout, and pages of at most the limit",
            a_page_may_have_any_limit: "a page has at most `limit` records, whatever the limit",
            listed_records_are_whole: "a list has records as `load` would answer them",
            an_empty_store_lists_nothing: "a list has live records of this store and nothing else",
            what_is_gone_is_not_listed: "a list has live records",
            a_list_is_complete_while_others_create_and_delete: "a list has every record that lives throughout the iteration",
            an_update_meanwhile_hides_no_record: "a list has every record that lives throughout the iteration",
            a_cursor_from_elsewhere_does_no_harm: "no cursor makes a store panic",
            a_page_of_no_records_is_no_endless_list: "a page has at most the limit; a limit of nothing may be read as one",
            a_list_of_a_store_that_answers_at_once_never_waits: "where `answers_at_once` is true, every call is answered without waiting",
        }
    };
    (index, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { index, $harness, $attributes;
            a_record_is_found_under_its_terms: "a record is found under each of its terms",
            nothing_is_found_under_an_unknown_term: "only records that had a term are found under it",
            many_records_share_a_term_page_by_page: "every record under a term is found, and pages have at most the limit",
            a_page_under_a_term_may_have_any_limit: "a page has at most `limit` ids, whatever the limit",
            terms_are_any_bytes: "terms are any 16 bytes; none of them has a meaning",
            an_update_moves_a_record_between_terms: "a term is added before its record is written and a dropped one removed after",
            an_update_without_terms_of_its_own_keeps_others: "a record keeps the terms that an entry neither has nor drops",
            an_update_that_can_live_longer_is_found_so_long_under_every_term: "entries are kept until the record's absolute deadline, also those of terms that the writer does not know",
            an_update_that_loses_moves_nothing: "an update that answers `Conflict` drops no term of the record",
            what_is_forgotten_is_found_no_more: "`forget` removes an id from under a term, and does so twice without harm",
            a_touched_record_is_found_as_long_as_it_lives: "entries are kept until the record's absolute deadline, whatever its idle expiry",
            entries_end_with_the_lifetime_of_their_record: "entries end with the record's absolute deadline",
            no_live_record_is_missing_while_many_are_created: "no live record is ever missing from under its terms",
            a_list_under_a_term_ends_while_its_records_are_deleted: "deleting and forgetting what was found finds everything in the end",
            a_list_under_a_term_has_the_newest_first_and_ends_while_others_come: "`find` has those in front that came last, so that a list of what is there ends",
            delete_under_ends_what_has_the_term: "`delete_under` deletes a live record that has the term, and answers `true`",
            delete_under_of_nothing_is_false: "`delete_under` answers `false` if no live record has the term",
            delete_under_ends_what_gained_the_term_elsewhere: "`delete_under` is decided where records are kept and not by what a cache says",
            delete_under_spares_what_moved_to_another_term: "`delete_under` deletes a record if it has the term at this moment",
            delete_under_takes_away_what_no_record_is_behind: "`delete_under` takes the id from under the term in any case",
            of_many_delete_unders_one_is_true: "`delete_under` answers `true` if it deleted the record",
            delete_under_and_an_update_that_drops_the_term_exclude_each_other: "a record that loses the term meanwhile is deleted, or lives on without the term",
            what_gains_a_term_during_delete_under_is_deleted_or_found: "a record that gains the term meanwhile is deleted, or gains it afterwards",
            a_dropped_update_that_is_stored_is_found_under_what_it_gained: "no live record is ever missing from under its terms, also if the call that gained them was dropped",
            a_dropped_delete_under_is_whole_or_nothing: "a future dropped at any await leaves the record as before or as after",
            an_index_of_a_store_that_answers_at_once_never_waits: "where `answers_at_once` is true, every call is answered without waiting",
        }
    };
    (limit, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { limit, $harness, $attributes;
            as_many_as_the_limit_are_admitted: "`admit` adds an id if fewer than `max` others are there",
            a_full_term_names_its_ids_the_oldest_first: "`Full` has the ids under the term, the one that was attached first in front",
            a_full_term_says_how_long_ago_each_was_attached: "a full term says for how long each id has been there",
            an_id_is_as_old_as_its_first_admission: "the age of an id under a term counts from when it was attached first, however often it is written since",
            whoever_is_in_is_admitted_again: "`admit` counts others, and an id is no other of itself",
            an_id_that_is_in_is_admitted_beside_fewer_others_than_the_limit: "`admit` adds an id if fewer than `max` others are there, also one that is there already",
            records_under_the_term_count: "records that have the term count",
            what_is_forgotten_leaves_its_place: "`forget` makes room",
            an_admission_ends_with_its_time: "`admit` adds an id for the time it was given",
            an_admission_shortens_no_place: "`admit` adds an id, or keeps it for longer; a record is found for as long as it can live",
            of_many_at_once_as_many_as_the_limit_are_admitted: "`admit` is atomic on the term",
            terms_are_limited_each_by_itself: "`admit` concerns one term and no other",
            a_write_that_has_its_place_is_stored: "a write that relies on a place is stored if it has it",
            a_write_that_has_its_place_is_found_as_long_as_it_can_live: "entries are kept until the record's absolute deadline, whatever the time of its admission",
            a_write_with_a_place_that_is_sent_again_recognises_itself: "finding the entry's own revision in place means done",
            a_write_whose_place_was_forgotten_stores_nothing: "a write whose place is gone answers `NotAdmitted` and stores nothing",
            a_write_whose_place_was_taken_by_delete_under_stores_nothing: "a write whose place is gone answers `NotAdmitted` and stores nothing",
            a_write_whose_place_has_expired_stores_nothing: "a place lasts for the time it was given",
            delete_under_frees_a_place_whose_write_never_comes: "a place whose write never comes can be given away at once",
            delete_under_frees_the_place_of_a_record_without_the_term: "`delete_under` takes the id from under the term in any case, and spares a record without the term",
            of_two_that_had_one_place_one_after_the_other_one_is_stored: "a write relies on its place, and is refused if that is gone by then",
            however_a_place_is_taken_meanwhile_one_record_is_stored: "whether a write has its place is decided with the write",
            a_limit_of_a_store_that_answers_at_once_never_waits: "where `answers_at_once` is true, every call is answered without waiting",
        }
    };
    (restart, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { restart, $harness, $attributes;
            a_store_works_again_after_a_restart: "a store whose server was away works again when it is back",
            what_was_acknowledged_is_whole_or_gone_after_a_restart: "what was deleted does not come back, and of a record there is what one write wrote",
        }
    };
    (purge, $harness:expr, $attributes:tt) => {
        $crate::__conformance_tests! { purge, $harness, $attributes;
            only_what_has_expired_is_purged: "`purge` deletes expired records and says how many",
            everything_that_has_expired_is_purged: "`purge` deletes every expired record, up to the limit",
            a_purge_deletes_no_more_than_asked: "`purge` deletes at most the limit and goes on the next time",
            there_may_be_nothing_to_purge: "`purge` answers zero where nothing has expired",
            what_was_touched_is_not_purged: "`purge` looks at the expiry a record has now",
            what_was_created_anew_is_not_purged: "`purge` looks at the expiry a record has now",
            what_was_updated_is_not_purged: "`purge` looks at the expiry a record has now",
            purging_at_once_counts_each_record_once: "`purge` counts a record if it deleted it",
            a_purge_of_a_store_that_answers_at_once_never_waits: "where `answers_at_once` is true, every call is answered without waiting",
        }
    };
}
