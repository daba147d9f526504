-- Tokens by their keyed hash, one row a span of a directory record; the newest record of a token counts.
CREATE TABLE token_spans (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    ordinal BIGINT NOT NULL, token TEXT NOT NULL, account TEXT NOT NULL, customer_group TEXT,
    valid_from BIGINT NOT NULL, valid_to BIGINT,
    PRIMARY KEY (topic, partition_number, record_offset, ordinal));
CREATE INDEX token_spans_by_token ON token_spans (token, record_offset);

CREATE INDEX journal_entries_by_time ON journal_entries (entered_at, entry);
CREATE INDEX invoices_by_draft ON invoices (draft);
