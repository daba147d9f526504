-- The views of wattledger: what has been decided elsewhere, laid out to be asked about.
-- Times are milliseconds since 1970 in UTC, energy milliwatt hours, money minor units.
CREATE TABLE view_offsets (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_number));

CREATE TABLE session_versions (
    session TEXT NOT NULL, version BIGINT NOT NULL, account TEXT NOT NULL,
    auth_id TEXT, transaction_id TEXT, station TEXT NOT NULL, evse BIGINT NOT NULL,
    site TEXT NOT NULL, legal_entity TEXT NOT NULL, tariff TEXT NOT NULL,
    tariff_version BIGINT NOT NULL, time_zone TEXT NOT NULL, local_date TEXT NOT NULL,
    local_hour BIGINT NOT NULL, utc_offset_minutes BIGINT NOT NULL, currency TEXT NOT NULL,
    started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, energy BIGINT NOT NULL,
    charging_ms BIGINT NOT NULL, suspended_by_vehicle_ms BIGINT NOT NULL,
    suspended_by_station_ms BIGINT NOT NULL, other_ms BIGINT NOT NULL, end_evidence TEXT NOT NULL,
    flags TEXT NOT NULL, rated_at BIGINT NOT NULL,
    PRIMARY KEY (session, version));
CREATE INDEX session_versions_by_start ON session_versions (started_at, session);
CREATE INDEX session_versions_by_day ON session_versions (local_date);

-- A session is its newest version.
CREATE VIEW sessions AS SELECT v.* FROM session_versions v WHERE NOT EXISTS (
    SELECT 1 FROM session_versions n WHERE n.session = v.session AND n.version > v.version);

CREATE TABLE priced_steps (
    session TEXT NOT NULL, version BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    dimension TEXT NOT NULL, element BIGINT NOT NULL, quantity BIGINT NOT NULL,
    price_e8 BIGINT NOT NULL, tax_rate BIGINT, step_size BIGINT NOT NULL,
    from_at BIGINT NOT NULL, to_at BIGINT NOT NULL,
    PRIMARY KEY (session, version, ordinal));

CREATE TABLE charging_periods (
    session TEXT NOT NULL, version BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, energy BIGINT NOT NULL,
    state TEXT NOT NULL, power_mw BIGINT, current_ma BIGINT,
    local_date TEXT NOT NULL, local_hour BIGINT NOT NULL, utc_offset_minutes BIGINT NOT NULL,
    PRIMARY KEY (session, version, ordinal));

CREATE TABLE held_sessions (
    session TEXT NOT NULL, held_at BIGINT NOT NULL, account TEXT NOT NULL, auth_id TEXT,
    station TEXT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL,
    energy BIGINT NOT NULL, proposed_minor BIGINT, currency TEXT,
    PRIMARY KEY (session, held_at));
CREATE TABLE held_reasons (
    session TEXT NOT NULL, held_at BIGINT NOT NULL, ordinal BIGINT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (session, held_at, ordinal));

-- A session waits for what it was held for last, until it is rated.
CREATE VIEW waiting_sessions AS SELECT h.* FROM held_sessions h WHERE NOT EXISTS (
    SELECT 1 FROM held_sessions n WHERE n.session = h.session AND n.held_at > h.held_at)
    AND NOT EXISTS (
    SELECT 1 FROM session_versions v WHERE v.session = h.session AND v.rated_at >= h.held_at);

-- Amounts as printed; `sign` is 1 for an invoice and -1 for a credit note.
CREATE TABLE invoices (
    invoice TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, series TEXT NOT NULL,
    sequence BIGINT NOT NULL, kind TEXT NOT NULL, sign BIGINT NOT NULL, draft TEXT NOT NULL,
    legal_entity TEXT NOT NULL, book TEXT NOT NULL, account TEXT NOT NULL, buyer_name TEXT,
    session TEXT NOT NULL, session_version BIGINT NOT NULL, station TEXT NOT NULL,
    evse BIGINT NOT NULL, site TEXT NOT NULL, tariff TEXT NOT NULL, time_zone TEXT NOT NULL,
    started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, energy BIGINT NOT NULL,
    local_date TEXT NOT NULL, local_hour BIGINT NOT NULL, utc_offset_minutes BIGINT NOT NULL,
    issue_date TEXT NOT NULL, issued_at BIGINT NOT NULL, currency TEXT NOT NULL,
    net BIGINT NOT NULL, tax BIGINT NOT NULL, gross BIGINT NOT NULL,
    credited_invoice TEXT, credited_number TEXT, hash TEXT NOT NULL, previous_hash TEXT NOT NULL);
CREATE INDEX invoices_by_number ON invoices (number);
CREATE INDEX invoices_by_series ON invoices (series, sequence);
CREATE INDEX invoices_by_session ON invoices (session);
CREATE INDEX invoices_by_day ON invoices (local_date);
CREATE INDEX invoices_by_issue ON invoices (issued_at, invoice);

CREATE TABLE invoice_lines (
    invoice TEXT NOT NULL, ordinal BIGINT NOT NULL, kind TEXT NOT NULL, element BIGINT NOT NULL,
    quantity BIGINT NOT NULL, price_e8 BIGINT NOT NULL, tax_rate BIGINT, net BIGINT NOT NULL,
    from_at BIGINT NOT NULL, to_at BIGINT NOT NULL,
    PRIMARY KEY (invoice, ordinal));
CREATE TABLE tax_groups (
    invoice TEXT NOT NULL, ordinal BIGINT NOT NULL, tax_rate BIGINT,
    net BIGINT NOT NULL, tax BIGINT NOT NULL, gross BIGINT NOT NULL,
    PRIMARY KEY (invoice, ordinal));

CREATE TABLE journal_entries (
    entry TEXT NOT NULL PRIMARY KEY, legal_entity TEXT NOT NULL, book TEXT NOT NULL,
    sequence BIGINT NOT NULL, cause TEXT NOT NULL, invoice TEXT, payment TEXT, op BIGINT,
    session TEXT, entered_at BIGINT NOT NULL);
CREATE INDEX journal_entries_by_book ON journal_entries (book, sequence);
CREATE INDEX journal_entries_by_session ON journal_entries (session);
CREATE INDEX journal_entries_by_payment ON journal_entries (payment);
CREATE TABLE postings (
    entry TEXT NOT NULL, ordinal BIGINT NOT NULL, ledger TEXT NOT NULL, side TEXT NOT NULL,
    amount BIGINT NOT NULL, currency TEXT NOT NULL,
    PRIMARY KEY (entry, ordinal));
CREATE INDEX postings_by_ledger ON postings (ledger);

CREATE TABLE payments (
    payment TEXT NOT NULL, op BIGINT NOT NULL, movement TEXT NOT NULL, account TEXT NOT NULL,
    session TEXT, draft TEXT, legal_entity TEXT NOT NULL, book TEXT NOT NULL,
    processor TEXT NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (payment, op, movement));
CREATE INDEX payments_by_session ON payments (session);

CREATE TABLE events (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    source TEXT NOT NULL, id TEXT NOT NULL, station TEXT NOT NULL, evse BIGINT,
    kind TEXT NOT NULL, auth_id TEXT, transaction_id TEXT,
    occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset));
CREATE INDEX events_by_id ON events (source, id);
CREATE INDEX events_by_station ON events (station, occurred_at);

CREATE TABLE outcomes (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    source TEXT NOT NULL, id TEXT NOT NULL, station TEXT, outcome TEXT NOT NULL, session TEXT,
    detail TEXT NOT NULL, judged_at BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset));
CREATE INDEX outcomes_by_id ON outcomes (source, id);
CREATE INDEX outcomes_by_session ON outcomes (session);

-- Here the coordinates are those of the record that was put aside.
CREATE TABLE dead_letters (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, set_aside_at BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset, reason));

CREATE TABLE reference_versions (
    kind TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, valid_from BIGINT NOT NULL,
    valid_to BIGINT, recorded_at BIGINT NOT NULL, hash TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, id, version));

CREATE TABLE commands (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    station TEXT NOT NULL, evse BIGINT, auth_id TEXT, session TEXT, action TEXT NOT NULL,
    reason TEXT, amount BIGINT, currency TEXT, ordered_at BIGINT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset));
CREATE INDEX commands_by_session ON commands (session);
CREATE INDEX commands_by_authorization ON commands (station, auth_id);

-- What is only ever told as part of the story of a session.
CREATE TABLE story_items (
    topic TEXT NOT NULL, partition_number BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    kind TEXT NOT NULL, session TEXT, station TEXT, auth_id TEXT, account TEXT,
    payment TEXT, happened_at BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (topic, partition_number, record_offset));
CREATE INDEX story_items_by_session ON story_items (session);
CREATE INDEX story_items_by_authorization ON story_items (station, auth_id);
CREATE INDEX story_items_by_account ON story_items (account);
CREATE INDEX story_items_by_payment ON story_items (payment);
