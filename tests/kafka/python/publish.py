"""Writes records to Kafka as the engine does, in transactions, with aborted ones between that nobody may see.

Reads lines of JSON {"topic", "partition", "key", "value"} (key and value in hexadecimal) and makes the topics. Each third
transaction is sent twice, the first time with spoilt bytes and aborted; one more aborted transaction comes last, so that
every partition ends in a marker and not in a record.
"""

import argparse
import json
import sys

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

PER_TRANSACTION = 25


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--records", required=True)
    parser.add_argument("--from-line", type=int, default=0)
    parser.add_argument("--leave-open", action="store_true",
                        help="leave the last transaction open until standard input ends")
    options = parser.parse_args()
    with open(options.records, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    make_topics(options, sorted({record["topic"] for record in records}))
    last = {(record["topic"], record["partition"]): record for record in records}
    records = records[options.from_line:]
    producer = Producer({
        "bootstrap.servers": options.kafka,
        "transactional.id": "publish",
        "compression.type": "lz4",
        "linger.ms": 2,
    })
    producer.init_transactions(30)
    for number, start in enumerate(range(0, len(records), PER_TRANSACTION)):
        batch = records[start:start + PER_TRANSACTION]
        if number % 3 == 0:
            send(producer, batch, spoilt=True)
            producer.abort_transaction(30)
        send(producer, batch)
        producer.commit_transaction(30)
    send(producer, last.values(), spoilt=True)
    if options.leave_open:
        print("open", flush=True)
        sys.stdin.read()
    producer.abort_transaction(30)


def make_topics(options, topics):
    admin = AdminClient({"bootstrap.servers": options.kafka})
    there = admin.list_topics(timeout=30).topics
    new = [NewTopic(topic, options.partitions, 1) for topic in topics if topic not in there]
    for future in (admin.create_topics(new) if new else {}).values():
        future.result(30)


def send(producer, batch, spoilt=False):
    producer.begin_transaction()
    for record in batch:
        value = bytes.fromhex(record["value"])
        producer.produce(record["topic"], partition=record["partition"], key=bytes.fromhex(record["key"]),
                         value=value[:-1] if spoilt else value)
    if producer.flush(30):
        sys.exit("publish.py: the broker does not take the records")


if __name__ == "__main__":
    main()
