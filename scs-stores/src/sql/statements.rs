//! The statements that a dialect consists of.

/// What an SQL store sends to its database, with the tables' default names.
///
/// Two tables hold everything: `scs_sessions` the records, `scs_sessions_terms` what they can be found under. The
/// database's clock decides what has expired (SQLite, which has none of its own, is given the process's). Each
/// statement says what it is given, in this order, and what it answers.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Statements {
    /// Answers how many of the tables, indexes and triggers are missing.
    pub missing: &'static str,
    /// Id → revision, payload, milliseconds left; of a live record.
    pub load: &'static str,
    /// Id, revision, milliseconds, payload. Changes no row if there is one under the id.
    pub insert: &'static str,
    /// Revision, payload, milliseconds, id, expected revision. Changes a live record at that revision.
    pub replace: &'static str,
    /// Milliseconds, id, expected revision. Changes a live record at that revision.
    pub touch: &'static str,
    /// Id. Deletes a live record and everything under which it is found.
    pub delete: &'static str,
    /// Id, revision. Deletes a live record at that revision and everything under which it is found.
    pub delete_at: &'static str,
    /// Id. Waits for writers of this one record and keeps others waiting; none where a transaction is alone anyway.
    pub lock_record: Option<&'static str>,
    /// Term, id. Deletes a live record that has the term.
    pub delete_under: &'static str,
    /// Id. Deletes an expired record.
    pub discard: &'static str,
    /// Id. Deletes everything under which a record is found.
    pub unpost: &'static str,
    /// Id, limit → id, revision, payload, milliseconds left; of live records after the id.
    pub page: &'static str,
    /// Term, id, milliseconds. A record is found under a term from now on.
    pub post: &'static str,
    /// Milliseconds, term, id. A record that was given a place under a term has the term from now on. Changes no row if
    /// the place is gone.
    pub hold: &'static str,
    /// Milliseconds, id. A record is found for at least so long under each term that it has.
    pub extend: &'static str,
    /// Term, id. A record is no longer found under a term.
    pub drop: &'static str,
    /// Term, id, limit → ids under the term before the id, the largest in front.
    pub find: &'static str,
    /// Term, id. Waits for writers of this one place under the term and keeps others waiting; none where a transaction
    /// is alone anyway.
    pub lock_place: Option<&'static str>,
    /// Term, id. A record is no longer found under a term, unless it is live and has it.
    pub forget: &'static str,
    /// Term, milliseconds. Waits for others who want a place under the term and keeps them waiting; none where a
    /// transaction is alone anyway.
    pub lock_term: Option<&'static str>,
    /// Term, id → the other ids under the term and for how many milliseconds they have been there, the first in front.
    pub others: &'static str,
    /// Term, id, milliseconds. Gives a place under the term to a record that is about to be written.
    pub admit: &'static str,
    /// Deletes expired records.
    pub purge: PurgeStatement,
    /// Deletes expired places under terms.
    pub purge_terms: PurgeStatement,
}

/// How a dialect deletes so many expired rows, without waiting for any that somebody holds.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum PurgeStatement {
    /// A statement. Limit.
    AtOnce(&'static str),
    /// Two statements in a transaction, where a deletion cannot pass over rows that are held.
    InTwo {
        /// Limit → the keys of expired rows, which are held from then on.
        pick: &'static str,
        /// What the deletion begins with; the keys follow, joined by `OR`.
        delete: &'static str,
        /// A key.
        key: &'static str,
    },
}
