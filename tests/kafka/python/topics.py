"""Makes topics, sends bytes to one, or prints what is in one as lines of JSON: for tests."""

import argparse
import json

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--make", type=int, metavar="PARTITIONS")
    parser.add_argument("--send", action="append", metavar="TEXT")
    parser.add_argument("topics", nargs="+")
    options = parser.parse_args()
    if options.make:
        admin = AdminClient({"bootstrap.servers": options.kafka})
        new = [NewTopic(topic, options.make, 1) for topic in options.topics]
        for future in admin.create_topics(new).values():
            future.result(30)
    elif options.send:
        producer = Producer({"bootstrap.servers": options.kafka})
        for text in options.send:
            producer.produce(options.topics[0], value=text.encode())
        assert producer.flush(30) == 0, "the broker does not take them"
    else:
        for topic in options.topics:
            show(options.kafka, topic)


def show(kafka, topic):
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "show", "enable.auto.commit": False,
                         "auto.offset.reset": "error", "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    left = len(partitions)
    while left:
        message = consumer.poll(30)
        assert message is not None, "the topic does not answer"
        if message.error() is None:
            print(json.dumps({"partition": message.partition(), "offset": message.offset(),
                              "key": (message.key() or b"").hex(), "value": (message.value() or b"").hex(),
                              "headers": {name: value.decode() for name, value in message.headers() or []}}))
        else:
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            left -= 1


if __name__ == "__main__":
    main()
