-- The review desk: a session may be held more than once at one instant, so holds are told apart by their
-- round; each carries what it would be billed as. Decisions that were carried out, with what came of them.
DROP VIEW waiting_sessions;
DROP TABLE held_reasons;
DROP TABLE held_sessions;

CREATE TABLE held_sessions (
    session TEXT NOT NULL, held_at BIGINT NOT NULL, round BIGINT NOT NULL, version BIGINT,
    account TEXT NOT NULL, auth_id TEXT, station TEXT NOT NULL, started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL, energy BIGINT NOT NULL, proposed_minor BIGINT, currency TEXT,
    proposal TEXT,
    PRIMARY KEY (session, held_at, round));
CREATE TABLE held_reasons (
    session TEXT NOT NULL, held_at BIGINT NOT NULL, round BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (session, held_at, round, ordinal));

CREATE TABLE review_decisions (
    source TEXT NOT NULL, id TEXT NOT NULL, session TEXT NOT NULL, station TEXT NOT NULL,
    verdict TEXT NOT NULL, payer TEXT, meter_start BIGINT, meter_stop BIGINT, corrected_end BIGINT,
    reason TEXT NOT NULL, decided_by TEXT NOT NULL, decided_at BIGINT NOT NULL,
    carried_out_at BIGINT NOT NULL, account TEXT NOT NULL, version BIGINT NOT NULL,
    waits BIGINT NOT NULL, gross_minor BIGINT, currency TEXT,
    PRIMARY KEY (source, id, session));
CREATE INDEX review_decisions_by_session ON review_decisions (session, carried_out_at);

-- A session waits for what it was held for last, until it is rated, or waived where it has no bill.
CREATE VIEW waiting_sessions AS SELECT h.* FROM held_sessions h WHERE NOT EXISTS (
    SELECT 1 FROM held_sessions n WHERE n.session = h.session
    AND (n.held_at > h.held_at OR (n.held_at = h.held_at AND n.round > h.round)))
    AND NOT EXISTS (
    SELECT 1 FROM session_versions v WHERE v.session = h.session AND CASE
    WHEN h.version IS NULL THEN v.rated_at >= h.held_at ELSE v.version > h.version END)
    AND NOT EXISTS (
    SELECT 1 FROM review_decisions d WHERE d.session = h.session AND d.verdict = 'waive'
    AND d.waits = 0 AND d.carried_out_at >= h.held_at);
