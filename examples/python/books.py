"""The ledger's database: documents, journal entries and payment facts, and how far each partition has been read.

All of a batch of records and the places after them are one SQLite transaction: a crash keeps both or neither.
"""

import json
import sqlite3

TABLES = """
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    invoice TEXT PRIMARY KEY, legal_entity TEXT NOT NULL, book TEXT NOT NULL, number TEXT NOT NULL,
    series TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, session TEXT NOT NULL, draft TEXT NOT NULL,
    issue_date TEXT NOT NULL, issued_at INTEGER NOT NULL, currency TEXT NOT NULL,
    net INTEGER NOT NULL, tax INTEGER NOT NULL, gross INTEGER NOT NULL,
    record BLOB NOT NULL, UNIQUE (series, sequence), UNIQUE (legal_entity, number), UNIQUE (draft));
CREATE TABLE IF NOT EXISTS entries (
    entry TEXT PRIMARY KEY, legal_entity TEXT NOT NULL, book TEXT NOT NULL, sequence INTEGER NOT NULL,
    invoice TEXT, payment TEXT, op INTEGER, movement TEXT, session TEXT, at INTEGER NOT NULL,
    record BLOB NOT NULL, UNIQUE (book, sequence));
CREATE INDEX IF NOT EXISTS documents_by_session ON documents (session);
CREATE INDEX IF NOT EXISTS entries_by_invoice ON entries (invoice);
CREATE INDEX IF NOT EXISTS entries_by_payment ON entries (payment, op, movement);
CREATE TABLE IF NOT EXISTS postings (
    entry TEXT NOT NULL REFERENCES entries, line INTEGER, ledger TEXT NOT NULL, currency TEXT NOT NULL,
    debit INTEGER NOT NULL, credit INTEGER NOT NULL, PRIMARY KEY (entry, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    payment TEXT, op INTEGER, movement TEXT, account TEXT NOT NULL, session TEXT, draft TEXT,
    legal_entity TEXT NOT NULL, book TEXT NOT NULL, processor TEXT NOT NULL, minor INTEGER NOT NULL,
    currency TEXT NOT NULL, at INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (payment, op, movement));
CREATE TABLE IF NOT EXISTS repeats (topic TEXT, partition INTEGER, offset INTEGER, what TEXT,
    PRIMARY KEY (topic, partition, offset));
"""


class Conflict(Exception):
    """Two different records for what may exist once: an entry, a number, a movement of a payment."""


class Books:
    """A ledger in one SQLite file; one program writes it."""

    def __init__(self, path, batch=500):
        self.batch = batch
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        self.sql.executescript(TABLES)
        self.pending = 0
        self._takers = {
            ("billing.invoices", "wattledger.billing.IssuedDocument"): self._document,
            ("billing.journal", "wattledger.billing.JournalEntry"): self._entry,
            ("billing.payments", "wattledger.billing.PaymentFact"): self._fact,
        }

    def position(self, topic, partition):
        """The offset to read next, 0 at first."""
        row = self.sql.execute("SELECT next_offset FROM positions WHERE topic = ? AND partition = ?",
                               (topic, partition)).fetchone()
        return row[0] if row else 0

    def take(self, topic, partition, offset, name, fields, record):
        """Takes a record and moves on behind it. What was read before changes nothing."""
        if self.pending == 0:
            self.sql.execute("BEGIN IMMEDIATE")
        self.pending += 1
        if offset < self.position(topic, partition):
            return
        take = self._takers.get((topic, name))
        if take is None:
            raise Conflict(f"{name} does not belong here: update this program")
        self.sql.execute("SAVEPOINT record")
        try:
            take(fields, record)
        except sqlite3.IntegrityError as problem:
            self.sql.execute("ROLLBACK TO record")
            # The same record twice is no harm and worth knowing; another one under the same name is.
            if not self._has(record):
                raise Conflict(f"{name} contradicts what is in the ledger: {problem}") from problem
            self.sql.execute("INSERT INTO repeats VALUES (?, ?, ?, ?)", (topic, partition, offset, name))
        except Conflict:
            self.sql.execute("ROLLBACK TO record")
            raise
        finally:
            self.sql.execute("RELEASE record")
        self.sql.execute("INSERT INTO positions VALUES (?, ?, ?) "
                         "ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
                         (topic, partition, offset + 1))
        if self.pending >= self.batch:
            self.keep()

    def keep(self):
        """Makes what was taken durable."""
        if self.pending:
            self.sql.execute("COMMIT")
            self.pending = 0

    def trial_balance(self):
        """Debit, credit and balance of every ledger account, in minor units."""
        rows = self.sql.execute(
            "SELECT book, ledger, currency, SUM(debit), SUM(credit) FROM postings JOIN entries USING (entry) "
            "GROUP BY book, ledger, currency ORDER BY book, currency, ledger")
        return [{"book": book, "ledger": ledger, "currency": currency, "debit": debit, "credit": credit,
                 "balance": debit - credit} for book, ledger, currency, debit, credit in rows]

    def repeats(self):
        """How many records came twice."""
        return self.sql.execute("SELECT COUNT(*) FROM repeats").fetchone()[0]

    def _has(self, record):
        tables = ["documents", "entries", "facts"]
        return any(self.sql.execute(f"SELECT 1 FROM {table} WHERE record = ?", (record,)).fetchone()
                   for table in tables)

    def _document(self, issued, record):
        draft, seller = issued["draft"], json.loads(issued["draft"]["seller"]["text"])
        date = draft["issue_date"]
        self.sql.execute(
            "INSERT INTO documents VALUES (" + ", ".join("?" * 16) + ")",
            (issued["invoice"], seller["id"], seller["spec"]["book"], issued["number"], issued["series"],
             issued["sequence"], draft["kind"][0].rpartition(".")[2], draft["supply"]["session"], draft["draft"],
             f"{date['year']:04}-{date['month']:02}-{date['day']:02}", issued["issued_at"], draft["currency"],
             draft["net"]["minor"], draft["tax"]["minor"], draft["gross"]["minor"], record))

    def _entry(self, entry, record):
        kind, cause = entry["cause"]
        known = {"wattledger.billing.CauseDocument", "wattledger.billing.CausePayment"}
        if kind not in known:
            raise Conflict(f"an entry caused by {kind} is not known here: update this program")
        self.sql.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (entry["entry"], entry["legal_entity"], entry["book"], entry["sequence"], cause.get("invoice"),
             cause.get("payment"), cause.get("op"), cause.get("movement"), entry["session"], entry["at"], record))
        for line, posting in enumerate(entry["postings"]):
            amount, is_debit = posting["amount"], posting["side"] == "DEBIT"
            self.sql.execute(
                "INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?)",
                (entry["entry"], line, posting["ledger"], amount["currency"],
                 amount["minor"] if is_debit else 0, 0 if is_debit else amount["minor"]))

    def _fact(self, fact, record):
        self.sql.execute(
            "INSERT INTO facts VALUES (" + ", ".join("?" * 13) + ")",
            (fact["payment"], fact["op"], fact["movement"], fact["account"], fact["session"], fact["draft"],
             fact["legal_entity"], fact["book"], fact["processor"], fact["amount"]["minor"],
             fact["amount"]["currency"], fact["at"], record))
