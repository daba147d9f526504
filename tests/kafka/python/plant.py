"""Spoils a copy of a ledger in one way, for the tests of its proofs; without a name prints the names, with --dump all rows."""

import shutil
import sqlite3
import sys

DOCUMENT = "(SELECT invoice FROM documents WHERE sequence = 2 ORDER BY series LIMIT 1)"
POSTING = "(entry, line) = (SELECT entry, line FROM postings WHERE {} ORDER BY entry, line LIMIT 1)"
CAPTURED = "(SELECT entry FROM entries WHERE movement = 'CAPTURED' ORDER BY entry LIMIT 1)"

PLANTS = {
    "a cent more": "UPDATE postings SET debit = debit + 1 WHERE " + POSTING.format("debit > 0"),
    "an entry less": "DELETE FROM postings WHERE entry = (SELECT entry FROM entries WHERE sequence = 3 ORDER BY book LIMIT 1);"
                     "DELETE FROM entries WHERE entry = (SELECT entry FROM entries WHERE sequence = 3 ORDER BY book LIMIT 1)",
    "a document less": f"DELETE FROM documents WHERE invoice = {DOCUMENT}",
    "a document sold to another": f"UPDATE documents SET record = spoilt(record) WHERE invoice = {DOCUMENT}",
    "a document in another place": "UPDATE documents SET sequence = -sequence WHERE sequence IN (1, 2);"
                                   "UPDATE documents SET sequence = 3 + sequence WHERE sequence < 0",
    "another total": f"UPDATE documents SET gross = gross + 1 WHERE invoice = {DOCUMENT}",
    "revenue as a receivable": "UPDATE postings SET ledger = 'rev:energy' WHERE "
                               + POSTING.format("ledger = 'ar:driver' AND debit > 0"),
    "tax as revenue": "UPDATE postings SET ledger = 'rev:energy' WHERE " + POSTING.format("ledger LIKE 'vat:%'"),
    "a capture posted twice":
        f"INSERT INTO entries SELECT 'twice', legal_entity, book, (SELECT MAX(sequence) + 1 FROM entries WHERE book = e.book), "
        f"invoice, payment, op, movement, session, at, record FROM entries e WHERE entry = {CAPTURED};"
        f"INSERT INTO postings SELECT 'twice', line, ledger, currency, debit, credit FROM postings WHERE entry = {CAPTURED}",
    "a capture of another amount": f"UPDATE postings SET debit = debit * 2, credit = credit * 2 WHERE entry = {CAPTURED}",
    "a capture that nobody made": "DELETE FROM facts WHERE (payment, op, movement) = "
                                  f"(SELECT payment, op, movement FROM entries WHERE entry = {CAPTURED})",
}


def spoilt(record):
    """The same document sold at another site: one letter differs."""
    return record.replace(b"Europe/Berlin", b"Europe/Zurich")


def main():
    if len(sys.argv) == 1:
        print("\n".join(PLANTS))
    elif sys.argv[1] == "--dump":
        print("\n".join(sorted(sqlite3.connect(sys.argv[2]).iterdump())))
    else:
        name, whole, copy = sys.argv[1:]
        shutil.copy(whole, copy)
        sql = sqlite3.connect(copy, isolation_level=None)
        sql.create_function("spoilt", 1, spoilt)
        before = sql.total_changes
        sql.executescript(PLANTS[name])
        assert sql.total_changes > before, "nothing was spoilt"


if __name__ == "__main__":
    main()
