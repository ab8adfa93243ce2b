//! The dialect of MySQL and MariaDB. Times are UTC, whatever the time zone of server and connection.

use crate::sql::{PurgeStatement, Statements};

/// A statement with the time of the moment between its parts. `UTC_TIMESTAMP` is when the statement began, which may be long
/// ago where it has waited for a lock; only the local time of the moment can be asked for, so the time since is added.
macro_rules! timed {
    ($first:literal $(, $part:literal)+) => {
        concat!(
            $first
            $(, "(UTC_TIMESTAMP(6) + INTERVAL TIMESTAMPDIFF(MICROSECOND, NOW(6), SYSDATE(6)) MICROSECOND)", $part)+
        )
    };
}

pub(super) const STATEMENTS: Statements = Statements {
    missing: r"
SELECT 2 - COUNT(*) FROM information_schema.tables
WHERE CONCAT(CHAR(96), table_schema, CHAR(96), '.', CHAR(96), table_name, CHAR(96)) IN ('`scs_sessions`', '`scs_sessions_terms`')
OR table_schema = DATABASE() AND CONCAT(CHAR(96), table_name, CHAR(96)) IN ('`scs_sessions`', '`scs_sessions_terms`')",

    load: "
SELECT `revision`, `payload`, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), `expires`) DIV 1000
FROM `scs_sessions`
WHERE `id` = ? AND `expires` > UTC_TIMESTAMP(6)",

    insert: "
INSERT INTO `scs_sessions` (`id`, `revision`, `expires`, `payload`)
VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND, ?)",

    replace: timed!(
        "
UPDATE `scs_sessions`
SET `revision` = ?, `payload` = ?, `expires` = ",
        " + INTERVAL (? * 1000) MICROSECOND
WHERE `id` = ? AND `revision` = ? AND ",
        " < `expires`"
    ),

    touch: timed!(
        "
UPDATE `scs_sessions`
SET `expires` = ",
        " + INTERVAL (? * 1000) MICROSECOND
WHERE `id` = ? AND `revision` = ? AND ",
        " < `expires`"
    ),

    delete: timed!(
        "
DELETE `session`, `place`
FROM `scs_sessions` AS `session` LEFT JOIN `scs_sessions_terms` AS `place` ON `place`.`id` = `session`.`id`
WHERE `session`.`id` = ? AND ",
        " < `session`.`expires`"
    ),

    delete_at: timed!(
        "
DELETE `session`, `place`
FROM `scs_sessions` AS `session` LEFT JOIN `scs_sessions_terms` AS `place` ON `place`.`id` = `session`.`id`
WHERE `session`.`id` = ? AND `session`.`revision` = ? AND ",
        " < `session`.`expires`"
    ),

    lock_record: Some(
        "
SELECT `id` FROM `scs_sessions` WHERE `id` = ? FOR UPDATE",
    ),

    delete_under: timed!(
        "
DELETE `session`
FROM `scs_sessions_terms` AS `place` JOIN `scs_sessions` AS `session` ON `session`.`id` = `place`.`id`
WHERE `place`.`term` = ? AND `place`.`id` = ? AND `place`.`held` AND ",
        " < `session`.`expires`"
    ),

    discard: timed!(
        "
DELETE FROM `scs_sessions` WHERE `id` = ? AND ",
        " >= `expires`"
    ),

    unpost: "
DELETE FROM `scs_sessions_terms` WHERE `id` = ?",

    page: "
SELECT `id`, `revision`, `payload`, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), `expires`) DIV 1000
FROM `scs_sessions`
WHERE `id` > ? AND `expires` > UTC_TIMESTAMP(6)
ORDER BY `id`
LIMIT ?",

    // The age under a term counts from when it was attached, unless that had ended. Columns are set in this order, and
    // each sees those before it changed.
    post: "
INSERT INTO `scs_sessions_terms` (`term`, `id`, `held`, `attached`, `expires`)
VALUES (?, ?, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND)
ON DUPLICATE KEY UPDATE
    `attached` = IF(`expires` > UTC_TIMESTAMP(6), `attached`, VALUES(`attached`)),
    `held` = TRUE,
    `expires` = VALUES(`expires`)",

    hold: timed!(
        "
UPDATE `scs_sessions_terms`
SET `held` = TRUE, `expires` = ",
        " + INTERVAL (? * 1000) MICROSECOND
WHERE `term` = ? AND `id` = ? AND ",
        " < `expires`"
    ),

    extend: "
UPDATE `scs_sessions_terms`
SET `expires` = GREATEST(`expires`, UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND)
WHERE `id` = ? AND `held` AND `expires` > UTC_TIMESTAMP(6)",

    drop: "
DELETE FROM `scs_sessions_terms` WHERE `term` = ? AND `id` = ?",

    // A place that no session holds has an empty id, and is not a session.
    find: "
SELECT `id` FROM `scs_sessions_terms`
WHERE `term` = ? AND `id` > '' AND `id` < ? AND `expires` > UTC_TIMESTAMP(6)
ORDER BY `id` DESC
LIMIT ?",

    lock_place: Some(
        "
SELECT `id` FROM `scs_sessions_terms` WHERE `term` = ? AND `id` = ? FOR UPDATE",
    ),

    forget: "
DELETE FROM `scs_sessions_terms`
WHERE `term` = ? AND `id` = ? AND NOT (`held` AND EXISTS (
    SELECT 1 FROM `scs_sessions` AS `session`
    WHERE `session`.`id` = `scs_sessions_terms`.`id` AND `session`.`expires` > UTC_TIMESTAMP(6)
))",

    // The place of no id is what those who want one wait for.
    lock_term: Some(
        "
INSERT INTO `scs_sessions_terms` (`term`, `id`, `held`, `attached`, `expires`)
VALUES (?, '', FALSE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND)
ON DUPLICATE KEY UPDATE `expires` = GREATEST(`expires`, VALUES(`expires`))",
    ),

    others: "
SELECT `id`, GREATEST(0, TIMESTAMPDIFF(MICROSECOND, `attached`, UTC_TIMESTAMP(6)) DIV 1000)
FROM `scs_sessions_terms`
WHERE `term` = ? AND `id` <> ? AND `id` <> '' AND `expires` > UTC_TIMESTAMP(6)
ORDER BY `attached`, `id`",

    admit: "
INSERT INTO `scs_sessions_terms` (`term`, `id`, `held`, `attached`, `expires`)
VALUES (?, ?, FALSE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND)
ON DUPLICATE KEY UPDATE
    `attached` = IF(`expires` > UTC_TIMESTAMP(6), `attached`, VALUES(`attached`)),
    `expires` = GREATEST(`expires`, VALUES(`expires`))",

    purge: PurgeStatement::InTwo {
        pick: "
SELECT `id` FROM `scs_sessions` WHERE `expires` <= UTC_TIMESTAMP(6) ORDER BY `expires` LIMIT ? FOR UPDATE SKIP LOCKED",
        delete: "
DELETE FROM `scs_sessions` WHERE ",
        key: "`id` = ?",
    },

    purge_terms: PurgeStatement::InTwo {
        pick: "
SELECT `term`, `id` FROM `scs_sessions_terms`
WHERE `expires` <= UTC_TIMESTAMP(6)
ORDER BY `expires`
LIMIT ?
FOR UPDATE SKIP LOCKED",
        delete: "
DELETE FROM `scs_sessions_terms` WHERE ",
        key: "(`term` = ? AND `id` = ?)",
    },
};
