CREATE TABLE IF NOT EXISTS `scs_sessions` (
    `id` BINARY(16) NOT NULL,
    `revision` BIGINT NOT NULL,
    `expires` DATETIME(6) NOT NULL,
    `payload` LONGBLOB NOT NULL,
    PRIMARY KEY (`id`),
    KEY `scs_sessions_expires` (`expires`)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS `scs_sessions_terms` (
    `term` BINARY(16) NOT NULL,
    `id` VARBINARY(16) NOT NULL,
    `held` BOOLEAN NOT NULL,
    `attached` DATETIME(6) NOT NULL,
    `expires` DATETIME(6) NOT NULL,
    PRIMARY KEY (`term`, `id`),
    KEY `scs_sessions_terms_id` (`id`),
    KEY `scs_sessions_terms_expires` (`expires`)
) ENGINE = InnoDB;
