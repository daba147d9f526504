"""Keeps a double-entry ledger in SQLite from wattledger's billing topics, and proves it. See docs/finance.md.

    python ledger.py --kafka 127.0.0.1:9092 --ledger ledger.db

Reads billing.invoices, billing.journal and billing.payments to their ends, prints the trial balance and what was proved,
and stops: exit 0 when every promise holds, 1 when one is broken, 2 when it cannot go on. Killed anywhere and started
again, it goes on where it was: a record and its place are written in one SQLite transaction.
"""

import argparse
import json
import sqlite3
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

import proofs
from books import Books, Conflict
from contract import SCHEMAS, Contract, Unreadable

# The order in which ends are taken is part of the proof: a posted payment fact was written before its entry, so facts
# are cut off last.
TOPICS = ["billing.invoices", "billing.journal", "billing.payments"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", metavar="BROKERS", help="host:port,…")
    parser.add_argument("--ledger", required=True, metavar="FILE", help="the SQLite database, made when absent")
    parser.add_argument("--registry", metavar="URL", help="a schema registry, for records in Confluent's framing")
    parser.add_argument("--schemas", default=SCHEMAS, metavar="DIR", help="the contract (default: %(default)s)")
    parser.add_argument("--follow", action="store_true", help="go on with what comes, proving again after each batch")
    parser.add_argument("--prove-only", action="store_true", help="read nothing, prove what is there")
    parser.add_argument("--batch", type=int, default=500, metavar="N",
                        help="how many records share a SQLite transaction (default: 500)")
    parser.add_argument("--patience", type=float, default=10, metavar="SECONDS",
                        help="how long a document may wait for its entry (default: 10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE",
                        help="a librdkafka setting, such as security.protocol=ssl")
    options = parser.parse_args()
    if not options.kafka and not options.prove_only:
        parser.error("--kafka is missing")
    return options


class Stopped(Exception):
    """The ledger cannot go on; what it took before is kept."""


class Reader:
    """Reads the topics round by round: a round ends where they ended when it began."""

    def __init__(self, options):
        self.consumer = Consumer({
            "bootstrap.servers": options.kafka,
            # Without this a ledger holds entries of transactions that were aborted. librdkafka has it by default, Java
            # has not.
            "isolation.level": "read_committed",
            # The place is kept in SQLite, with what was read up to it. No group is joined and nothing is committed here.
            "group.id": "wattledger-ledger-example",
            "enable.auto.commit": False,
            # A place that the topic no longer has is a hole in the books: stop, never skip.
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "check.crcs": True,
            **dict(setting.split("=", 1) for setting in options.setting),
        })

    def partitions(self):
        for topic in TOPICS:
            found = self.consumer.list_topics(topic, timeout=30).topics[topic]
            if found.error is not None:
                raise KafkaException(found.error)
            for partition in sorted(found.partitions):
                yield topic, partition

    def round(self, books):
        """Every record between the ledger's places and the ends as they are now, partition by partition in order."""
        ends = {}
        for topic, partition in self.partitions():
            _, end = self.consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            if books.position(topic, partition) < end:
                ends[topic, partition] = end
        self.consumer.assign([
            TopicPartition(topic, partition, books.position(topic, partition) or OFFSET_BEGINNING)
            for topic, partition in ends
        ])
        while ends:
            message = self.consumer.poll(1)
            if message is None:
                continue
            place = (message.topic(), message.partition())
            if message.error() is not None:
                # The end is reported beyond markers of transactions, which are no records.
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                if message.offset() >= ends.get(place, 0):
                    ends.pop(place, None)
                continue
            end = ends.get(place)
            if end is None:
                continue
            # What came after the ends were taken belongs to the next round, which asks for it again.
            if message.offset() < end:
                yield message
            if message.offset() + 1 >= end:
                ends.pop(place)
        self.consumer.unassign()


def read(books, contract, reader):
    """Takes one round into the ledger. A record that cannot be read stops it: books with a hole are no books."""
    count = 0
    for message in reader.round(books):
        where = f"{message.topic()}/{message.partition()}/{message.offset()}"
        try:
            name, fields = contract.decode(message.value())
            books.take(message.topic(), message.partition(), message.offset(), name, fields, message.value())
        except (Unreadable, Conflict) as problem:
            books.keep()
            raise Stopped(f"{where}: {problem}") from problem
        count += 1
    books.keep()
    return count


def settled(books, contract, reader, patience):
    """Reads until no document waits for its entry. A transaction's end reaches the partitions one after the other, so a
    document can be seen moments before its entry; one that still waits after that is broken, and the proof says so."""
    began = time.monotonic()
    read(books, contract, reader)
    while proofs.documents_without_entries(books) and time.monotonic() - began < patience:
        time.sleep(0.2)
        read(books, contract, reader)


def show(books, contract, options):
    """Prints the trial balance and the proofs; whether all hold."""
    checks = proofs.all_of(books, contract)
    balance = books.trial_balance()
    waiting = proofs.facts_not_posted(books)
    holds = all(not check["offenders"] for check in checks)
    if options.json:
        print(json.dumps({"holds": holds, "checks": checks, "trial_balance": balance, "facts_not_posted": waiting,
                          "repeats": books.repeats()}), flush=True)
        return holds
    for line in balance:
        print(f"{line['book']:<16} {line['ledger']:<28} {line['currency']} "
              f"{line['debit']:>14} {line['credit']:>14} {line['balance']:>14}")
    for check in checks:
        verdict = "holds" if not check["offenders"] else "BROKEN: " + "; ".join(check["offenders"])
        print(f"{check['name']}: {check['checked']} checked, {verdict}")
    if waiting:
        print(f"{len(waiting)} payment facts are not in the journal yet: the engine is at work or stands")
    print(flush=True)
    return holds


def main():
    options = arguments()
    books = Books(options.ledger, options.batch)
    contract = Contract(options.schemas, options.registry)
    if options.prove_only:
        return 0 if show(books, contract, options) else 1
    reader = Reader(options)
    settled(books, contract, reader, options.patience)
    holds = show(books, contract, options)
    while options.follow and holds:
        if read(books, contract, reader):
            settled(books, contract, reader, options.patience)
            holds = show(books, contract, options)
        else:
            time.sleep(1)
    return 0 if holds else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (Stopped, KafkaException, OSError, sqlite3.Error) as error:
        print(f"ledger.py: {error}", file=sys.stderr)
        sys.exit(2)
