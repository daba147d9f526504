-- Dead letters by where they lie, and what was driven in again.
ALTER TABLE dead_letters ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN record_key TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN letter_partition BIGINT NOT NULL DEFAULT -1;
ALTER TABLE dead_letters ADD COLUMN letter_offset BIGINT NOT NULL DEFAULT -1;
CREATE INDEX dead_letters_by_time ON dead_letters (set_aside_at);

CREATE TABLE redrives (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    redriven_at BIGINT NOT NULL, redriven_by TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset));
