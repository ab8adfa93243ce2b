//! Stores that break the contract, each caught by the case that is meant for it.

mod ending;
mod places;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use scs::{
    ManualClock, MemoryStore, SessionId,
    conformance::{self, Harness},
    store::{
        Admission, Created, Cursor, Deleted, Entry, Holder, Index, Iterate, Limit, Page, Purge, Revision, Store,
        StoreError, StoreErrorKind, Stored, Term, Updated,
    },
};

use crate::support::START;

/// How a store breaks the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Break {
    CreateOverwrites,
    UpdateCreates,
    UpdateIgnoresTheRevision,
    UpdateKeepsTheRevision,
    ResentCreateIsOccupied,
    ResentUpdateIsAConflict,
    TouchCreates,
    TouchIgnoresTheRevision,
    TouchChangesTheRevision,
    DeleteForgetsToDelete,
    DeleteOfNothingIsTrue,
    DeleteAtForgetsToDelete,
    DeleteAtIgnoresTheRevision,
    DeleteAtOfNothingIsDeleted,
    DeleteAtIsNotAtomic,
    DeleteAtStopsHalfway,
    IdsFoldCase,
    PayloadEndsAtZero,
    PayloadsAreText,
    PayloadsEndAt64KiB,
    ZeroIsForEver,
    LoadIsLate,
    UpdateKeepsTheExpiry,
    NotAtomic,
    ListMissesTheLast,
    ListsExpired,
    ListIgnoresTheLimit,
    IndexDropsWhatItDoesNotKnow,
    IndexEndsWithTheIdleExpiry,
    IndexIsAddedLater,
    FindHasTheOldestFirst,
    DeleteUnderForgetsToDelete,
    DeleteUnderOfNothingIsTrue,
    DeleteUnderGoesByTheCache,
    DeleteUnderIgnoresTheTerm,
    DeleteUnderLeavesThePosting,
    DeleteUnderIsNotAtomic,
    DeleteUnderUnpostsTooLate,
    DeleteUnderStopsHalfway,
    PlacesAreIgnored,
    PlacesAreNeverThere,
    PlacesAreLookedAtBefore,
    PlacesEndWithTheirAdmission,
    LimitIsOneTooMany,
    LimitCountsItself,
    LimitAdmitsAnIdThatIsIn,
    LargestLimitIsAnError,
    LimitForgetsTheAge,
    LimitLiesAboutTheAge,
    PurgeOfOneBatch,
    PurgeCountsTooMuch,
    SaysAtOnceAndWaits,
}

/// The store in memory, broken in one way.
#[derive(Clone)]
struct Broken {
    inner: MemoryStore,
    how: Break,
    /// What this handle has seen of each record, for one that goes by it.
    seen: Arc<Mutex<HashMap<SessionId, Revision>>>,
}

impl Broken {
    fn is(&self, how: Break) -> bool {
        self.how == how
    }

    fn id(&self, id: SessionId) -> SessionId {
        if self.is(Break::IdsFoldCase) {
            SessionId::from_bytes(id.to_bytes().map(|b| b.to_ascii_lowercase()))
        } else {
            id
        }
    }

    fn entry(&self, entry: &Entry) -> Entry {
        let payload = entry.payload();
        let payload = match self.how {
            Break::PayloadEndsAtZero => payload.split(|byte| *byte == 0).next().unwrap().to_vec(),
            Break::PayloadsAreText => String::from_utf8_lossy(payload).into_owned().into_bytes(),
            Break::PayloadsEndAt64KiB => payload[..payload.len().min(65_536)].to_vec(),
            _ => payload.to_vec(),
        };
        let ttl = match entry.ttl() {
            Duration::ZERO if self.is(Break::ZeroIsForEver) => Duration::MAX,
            ttl if self.is(Break::LoadIsLate) => ttl * 2,
            ttl => ttl,
        };
        let lifetime = if self.is(Break::IndexEndsWithTheIdleExpiry) { ttl } else { entry.lifetime() };
        let terms = if self.is(Break::IndexIsAddedLater) { Vec::new() } else { entry.terms().to_vec() };
        let changed = Entry::new(payload, ttl).with_revision(entry.revision()).with_lifetime(lifetime);
        self.places(changed.with_terms(terms, entry.dropped_terms().to_vec()), entry.places())
    }

    /// Waits, if that is how it breaks the contract.
    async fn wait(&self) {
        if self.is(Break::SaysAtOnceAndWaits) {
            tokio::task::yield_now().await;
        }
    }

    /// Writes whatever is there.
    async fn overwrite(&self, id: SessionId, entry: &Entry) -> Result<(), StoreError> {
        self.inner.delete(id).await?;
        self.inner.create(id, entry).await.map(drop)
    }
}

impl Store for Broken {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.wait().await;
        let (id, entry) = (self.id(id), self.entry(entry));
        let found = self.inner.load(id).await?;
        if !self.may_write(id, &entry).await? {
            return Ok(Created::NotAdmitted);
        }
        let entry = self.after_the_look(entry);
        let is_resent = found.as_ref().is_some_and(|found| found.revision() == entry.revision());
        match self.how {
            Break::CreateOverwrites => self.overwrite(id, &entry).await.map(|()| Created::Created),
            Break::ResentCreateIsOccupied if is_resent => Ok(Created::Occupied),
            Break::NotAtomic if found.is_none() => {
                // Long enough for the others to read what this one read.
                tokio::time::sleep(Duration::from_millis(20)).await;
                self.overwrite(id, &entry).await.map(|()| Created::Created)
            }
            _ => self.inner.create(id, &entry).await,
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.wait().await;
        let found = self.inner.load(self.id(id)).await?;
        self.seen.lock().unwrap().extend(found.as_ref().map(|found| (id, found.revision())));
        Ok(found)
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.wait().await;
        let (id, entry) = (self.id(id), self.entry(entry));
        let Some(found) = self.inner.load(id).await? else {
            if self.is(Break::UpdateCreates) {
                return self.overwrite(id, &entry).await.map(|()| Updated::Updated);
            }
            return Ok(Updated::Gone);
        };
        if !self.may_write(id, &entry).await? {
            return Ok(Updated::NotAdmitted);
        }
        let entry = self.after_the_look(entry);
        match self.how {
            Break::UpdateIgnoresTheRevision => self.overwrite(id, &entry).await.map(|()| Updated::Updated),
            Break::ResentUpdateIsAConflict if found.revision() == entry.revision() => Ok(Updated::Conflict),
            Break::UpdateKeepsTheRevision if found.revision() == expected => {
                self.overwrite(id, &entry.with_revision(expected)).await.map(|()| Updated::Updated)
            }
            Break::UpdateKeepsTheExpiry => {
                let kept = Entry::new(entry.payload().clone(), found.ttl()).with_revision(entry.revision());
                self.inner.update(id, expected, &kept).await
            }
            Break::NotAtomic if found.revision() == expected => {
                // Long enough for the others to read what this one read.
                tokio::time::sleep(Duration::from_millis(20)).await;
                self.overwrite(id, &entry).await.map(|()| Updated::Updated)
            }
            Break::IndexDropsWhatItDoesNotKnow if found.revision() == expected => {
                self.overwrite(id, &entry).await.map(|()| Updated::Updated)
            }
            _ => self.inner.update(id, expected, &entry).await,
        }
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.wait().await;
        let id = self.id(id);
        let found = self.inner.load(id).await?;
        match (self.how, found) {
            (Break::TouchCreates, None) => self.overwrite(id, &Entry::new("", ttl)).await,
            (Break::TouchIgnoresTheRevision, Some(found)) => self.inner.touch(id, found.revision(), ttl).await,
            (Break::TouchChangesTheRevision, Some(found)) if found.revision() == expected => {
                self.overwrite(id, &Entry::new(found.payload().clone(), ttl)).await
            }
            _ => self.inner.touch(id, expected, ttl).await,
        }
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.wait().await;
        let id = self.id(id);
        match self.how {
            Break::DeleteForgetsToDelete => Ok(self.inner.load(id).await?.is_some()),
            Break::DeleteOfNothingIsTrue => self.inner.delete(id).await.map(|_| true),
            _ => self.inner.delete(id).await,
        }
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.wait().await;
        self.broken_delete_at(self.id(id), expected).await
    }

    fn answers_at_once(&self) -> bool {
        self.is(Break::SaysAtOnceAndWaits)
    }
}

impl Iterate for Broken {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.wait().await;
        if self.is(Break::LargestLimitIsAnError) && limit == usize::MAX {
            return Err(too_large());
        }
        let asked = if self.is(Break::ListIgnoresTheLimit) { limit * 2 } else { limit };
        let mut page = self.inner.page(cursor, asked).await?;
        if self.is(Break::ListMissesTheLast) && page.next.is_none() {
            page.items.pop();
        }
        if self.is(Break::ListsExpired) && page.next.is_none() {
            let dead = Stored::new("dead", Revision::random(), Duration::ZERO);
            page.items.push((SessionId::from_bytes([9; 16]), dead));
        }
        Ok(page)
    }
}

impl Index for Broken {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.wait().await;
        match self.how {
            Break::LargestLimitIsAnError if limit == usize::MAX => Err(too_large()),
            Break::FindHasTheOldestFirst => self.find_the_oldest(term, cursor, limit).await,
            _ => self.inner.find(term, cursor, limit).await,
        }
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.inner.forget(term, id).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.wait().await;
        self.broken_delete_under(term, id).await
    }
}

fn too_large() -> StoreError {
    StoreError::new(StoreErrorKind::Other, "the limit is no number of the backend")
}

/// Somebody who came at this moment.
const fn holder(id: SessionId) -> Holder {
    Holder { id, attached_for: Duration::ZERO }
}

impl Limit for Broken {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.wait().await;
        match self.how {
            Break::LimitIsOneTooMany => self.inner.admit(term, id, max + 1, ttl).await,
            Break::LimitForgetsTheAge => {
                self.inner.forget(term, id).await?;
                self.inner.admit(term, id, max, ttl).await
            }
            Break::LimitAdmitsAnIdThatIsIn if self.inner.find(term, None, 1000).await?.items.contains(&id) => {
                self.inner.admit(term, id, usize::MAX, ttl).await
            }
            Break::LimitCountsItself => {
                let here = self.inner.find(term, None, 1000).await?.items;
                if here.len() >= max {
                    return Ok(Admission::Full(here.into_iter().map(holder).collect()));
                }
                self.inner.admit(term, id, max, ttl).await
            }
            Break::LimitLiesAboutTheAge => match self.inner.admit(term, id, max, ttl).await? {
                Admission::Full(here) => Ok(Admission::Full(here.into_iter().map(|here| holder(here.id)).collect())),
                admitted @ Admission::Admitted => Ok(admitted),
            },
            _ => self.inner.admit(term, id, max, ttl).await,
        }
    }
}

impl Purge for Broken {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.wait().await;
        match self.how {
            Break::PurgeOfOneBatch => self.inner.purge(limit.min(1)).await,
            Break::PurgeCountsTooMuch => self.inner.purge(limit).await.map(|purged| purged.max(1)),
            _ => self.inner.purge(limit).await,
        }
    }
}

/// Makes broken stores on a clock that the cases move.
struct Factory {
    how: Break,
    clock: Arc<ManualClock>,
}

impl Harness for Factory {
    type Store = Broken;

    async fn store(&self) -> Broken {
        Broken { inner: MemoryStore::new().with_clock(self.clock.clone()), how: self.how, seen: Arc::default() }
    }

    async fn another(&self, store: &Broken) -> Broken {
        Broken { seen: Arc::default(), ..store.clone() }
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn broken(how: Break) -> Factory {
    Factory { how, clock: Arc::new(ManualClock::new(START)) }
}

macro_rules! caught {
    ($($how:ident by $capability:ident::$case:ident,)+) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn every_broken_store_is_caught_by_the_case_that_is_meant_for_it() {
            $(
                let verdict = conformance::$capability::$case(&broken(Break::$how)).await;
                assert!(verdict.is_err(), "{:?} is not noticed by {}", Break::$how, stringify!($case));
            )+
        }
    };
}

caught! {
    CreateOverwrites by store::create_never_overwrites,
    CreateOverwrites by store::a_late_create_overwrites_nothing,
    UpdateCreates by store::update_never_creates,
    UpdateCreates by store::update_never_brings_back,
    UpdateCreates by store::an_expired_record_is_never_updated,
    UpdateIgnoresTheRevision by store::update_at_another_revision_is_a_conflict,
    UpdateIgnoresTheRevision by store::a_late_update_overwrites_nothing,
    NotAtomic by store::counting_by_compare_and_set_is_exact,
    UpdateKeepsTheRevision by store::update_replaces_payload_and_revision,
    ResentCreateIsOccupied by store::a_create_that_is_sent_again_recognises_itself,
    ResentUpdateIsAConflict by store::an_update_that_is_sent_again_recognises_itself,
    TouchCreates by store::touch_never_creates,
    TouchCreates by store::touch_never_brings_back,
    TouchCreates by store::an_expired_record_is_never_touched,
    TouchIgnoresTheRevision by store::touch_at_another_revision_does_nothing,
    TouchChangesTheRevision by store::touch_keeps_payload_and_revision,
    DeleteForgetsToDelete by store::delete_removes_and_says_so,
    DeleteForgetsToDelete by store::a_delete_is_final_against_an_update,
    DeleteOfNothingIsTrue by store::delete_of_nothing_is_no_error,
    DeleteAtForgetsToDelete by store::delete_at_ends_a_record_at_its_revision,
    DeleteAtIgnoresTheRevision by store::delete_at_another_revision_is_a_conflict,
    DeleteAtOfNothingIsDeleted by store::delete_at_of_nothing_deletes_nothing,
    DeleteAtOfNothingIsDeleted by store::delete_at_of_an_expired_record_deletes_nothing,
    DeleteAtIsNotAtomic by store::a_delete_at_and_an_update_exclude_each_other,
    DeleteAtIsNotAtomic by store::of_many_delete_ats_one_wins,
    DeleteAtStopsHalfway by store::a_dropped_delete_at_is_whole_or_nothing,
    IdsFoldCase by store::ids_are_compared_bit_by_bit,
    IdsFoldCase by store::ids_are_any_bytes,
    PayloadEndsAtZero by store::zeros_are_kept,
    PayloadEndsAtZero by store::every_byte_is_kept,
    PayloadsAreText by store::bytes_of_no_text_are_kept,
    PayloadsEndAt64KiB by store::one_byte_more_than_64_kibibytes_is_kept,
    PayloadsEndAt64KiB by store::the_largest_payload_is_kept,
    ZeroIsForEver by store::no_time_to_live_is_no_life,
    LoadIsLate by store::a_record_lives_as_long_as_its_time_to_live,
    LoadIsLate by store::load_tells_the_time_that_is_left,
    UpdateKeepsTheExpiry by store::update_starts_the_time_anew,
    UpdateKeepsTheExpiry by store::update_may_shorten_the_time,
    NotAtomic by store::of_many_creates_one_wins,
    NotAtomic by store::of_many_updates_one_wins_each_round,
    ListMissesTheLast by iterate::every_live_record_is_listed_once,
    ListsExpired by iterate::what_is_gone_is_not_listed,
    ListsExpired by iterate::an_empty_store_lists_nothing,
    ListIgnoresTheLimit by iterate::every_live_record_is_listed_once,
    IndexDropsWhatItDoesNotKnow by index::an_update_without_terms_of_its_own_keeps_others,
    IndexEndsWithTheIdleExpiry by index::a_touched_record_is_found_as_long_as_it_lives,
    IndexIsAddedLater by index::no_live_record_is_missing_while_many_are_created,
    IndexIsAddedLater by limit::records_under_the_term_count,
    FindHasTheOldestFirst by index::a_list_under_a_term_has_the_newest_first_and_ends_while_others_come,
    DeleteUnderForgetsToDelete by index::delete_under_ends_what_has_the_term,
    DeleteUnderOfNothingIsTrue by index::delete_under_of_nothing_is_false,
    DeleteUnderGoesByTheCache by index::delete_under_ends_what_gained_the_term_elsewhere,
    DeleteUnderIgnoresTheTerm by index::delete_under_spares_what_moved_to_another_term,
    DeleteUnderLeavesThePosting by index::delete_under_takes_away_what_no_record_is_behind,
    DeleteUnderIsNotAtomic by index::of_many_delete_unders_one_is_true,
    DeleteUnderIsNotAtomic by index::delete_under_and_an_update_that_drops_the_term_exclude_each_other,
    DeleteUnderUnpostsTooLate by index::what_gains_a_term_during_delete_under_is_deleted_or_found,
    DeleteUnderStopsHalfway by index::a_dropped_delete_under_is_whole_or_nothing,
    PlacesAreNeverThere by limit::a_write_that_has_its_place_is_stored,
    PlacesEndWithTheirAdmission by limit::a_write_that_has_its_place_is_found_as_long_as_it_can_live,
    ResentUpdateIsAConflict by limit::a_write_with_a_place_that_is_sent_again_recognises_itself,
    PlacesAreIgnored by limit::a_write_whose_place_was_forgotten_stores_nothing,
    PlacesAreIgnored by limit::a_write_whose_place_was_taken_by_delete_under_stores_nothing,
    PlacesAreIgnored by limit::a_write_whose_place_has_expired_stores_nothing,
    DeleteUnderLeavesThePosting by limit::delete_under_frees_a_place_whose_write_never_comes,
    DeleteUnderIgnoresTheTerm by limit::delete_under_frees_the_place_of_a_record_without_the_term,
    PlacesAreIgnored by limit::of_two_that_had_one_place_one_after_the_other_one_is_stored,
    PlacesAreLookedAtBefore by limit::however_a_place_is_taken_meanwhile_one_record_is_stored,
    LimitIsOneTooMany by limit::as_many_as_the_limit_are_admitted,
    LimitIsOneTooMany by limit::of_many_at_once_as_many_as_the_limit_are_admitted,
    LimitCountsItself by limit::whoever_is_in_is_admitted_again,
    LimitAdmitsAnIdThatIsIn by limit::an_id_that_is_in_is_admitted_beside_fewer_others_than_the_limit,
    LargestLimitIsAnError by iterate::a_page_may_have_any_limit,
    LargestLimitIsAnError by index::a_page_under_a_term_may_have_any_limit,
    LimitForgetsTheAge by limit::an_id_is_as_old_as_its_first_admission,
    LimitLiesAboutTheAge by limit::a_full_term_says_how_long_ago_each_was_attached,
    PurgeOfOneBatch by purge::everything_that_has_expired_is_purged,
    PurgeCountsTooMuch by purge::there_may_be_nothing_to_purge,
    SaysAtOnceAndWaits by store::a_store_that_answers_at_once_never_waits,
    SaysAtOnceAndWaits by iterate::a_list_of_a_store_that_answers_at_once_never_waits,
    SaysAtOnceAndWaits by index::an_index_of_a_store_that_answers_at_once_never_waits,
    SaysAtOnceAndWaits by limit::a_limit_of_a_store_that_answers_at_once_never_waits,
    SaysAtOnceAndWaits by purge::a_purge_of_a_store_that_answers_at_once_never_waits,
}
