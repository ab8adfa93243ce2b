//! The dialect of MySQL and MariaDB. Times are UTC, whatever the time zone of server and connection.

use crate::sql::Statements;

pub(super) const STATEMENTS: Statements = Statements {
    load: "
SELECT `revision`, `payload`, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), `expires`) DIV 1000
FROM `scs_sessions`
WHERE `id` = ? AND `expires` > UTC_TIMESTAMP(6)",

    insert: "
INSERT INTO `scs_sessions` (`id`, `revision`, `expires`, `payload`)
VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND, ?)",

    replace: "
UPDATE `scs_sessions`
SET `revision` = ?, `payload` = ?, `expires` = UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND
WHERE `id` = ? AND `revision` = ? AND `expires` > UTC_TIMESTAMP(6)",

    touch: "
UPDATE `scs_sessions`
SET `expires` = UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND
WHERE `id` = ? AND `revision` = ? AND `expires` > UTC_TIMESTAMP(6)",

    delete: "
DELETE `session`, `place`
FROM `scs_sessions` AS `session` LEFT JOIN `scs_sessions_terms` AS `place` ON `place`.`id` = `session`.`id`
WHERE `session`.`id` = ? AND `session`.`expires` > UTC_TIMESTAMP(6)",

    delete_at: "
DELETE `session`, `place`
FROM `scs_sessions` AS `session` LEFT JOIN `scs_sessions_terms` AS `place` ON `place`.`id` = `session`.`id`
WHERE `session`.`id` = ? AND `session`.`revision` = ? AND `session`.`expires` > UTC_TIMESTAMP(6)",

    lock_record: Some(
        "
SELECT `id` FROM `scs_sessions` WHERE `id` = ? FOR UPDATE",
    ),

    delete_under: "
DELETE `session`
FROM `scs_sessions_terms` AS `place` JOIN `scs_sessions` AS `session` ON `session`.`id` = `place`.`id`
WHERE `place`.`term` = ? AND `place`.`id` = ? AND `place`.`held` AND `session`.`expires` > UTC_TIMESTAMP(6)",

    discard: "
DELETE FROM `scs_sessions` WHERE `id` = ? AND `expires` <= UTC_TIMESTAMP(6)",

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

    hold: "
UPDATE `scs_sessions_terms`
SET `held` = TRUE, `expires` = UTC_TIMESTAMP(6) + INTERVAL (? * 1000) MICROSECOND
WHERE `term` = ? AND `id` = ? AND `expires` > UTC_TIMESTAMP(6)",

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

    purge: "
DELETE `session`
FROM `scs_sessions` AS `session` JOIN (
    SELECT `id` FROM `scs_sessions`
    WHERE `expires` <= UTC_TIMESTAMP(6)
    ORDER BY `expires`
    LIMIT ?
    FOR UPDATE SKIP LOCKED
) AS `expired` ON `expired`.`id` = `session`.`id`",

    purge_terms: "
DELETE `place`
FROM `scs_sessions_terms` AS `place` JOIN (
    SELECT `term`, `id` FROM `scs_sessions_terms`
    WHERE `expires` <= UTC_TIMESTAMP(6)
    ORDER BY `expires`
    LIMIT ?
    FOR UPDATE SKIP LOCKED
) AS `expired` ON `expired`.`term` = `place`.`term` AND `expired`.`id` = `place`.`id`",
};
