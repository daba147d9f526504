"""Sends one charging session to wattledger over Kafka, as a gateway would. See docs/gateways.md.

    python gateway.py --kafka 127.0.0.1:9092 --station demo-station

Prints one line of JSON per event that the brokers have taken: its source, id, topic, partition and offset. Run with the
same --transaction and --end again it sends the same events with the same ids, and they count once.
"""

import argparse
import datetime
import json
import sys
import time

from confluent_kafka import KafkaException, Producer

from contract import SCHEMAS, Contract

WH_PER_KWH = 1_000
# Between two meter readings.
SAMPLE_MINUTES = 15


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", required=True, metavar="BROKERS", help="host:port,…")
    parser.add_argument("--topic", help="default: gateway.events, or charging.events with --trusted")
    parser.add_argument("--trusted", action="store_true",
                        help="write charging.events without intake: Avro, key and partition as the engine has them")
    parser.add_argument("--format", choices=["json", "avro"],
                        help="CloudEvents in JSON, or Avro in single-object encoding (default: json)")
    parser.add_argument("--source", default="gateway:example", help="who says it: your gateway")
    parser.add_argument("--station", default="demo-station")
    parser.add_argument("--transaction", help="the charger's id of the session (default: made from --end)")
    payer = parser.add_mutually_exclusive_group()
    payer.add_argument("--token", help="the RFID token as read, in JSON only: it is hashed at the door")
    payer.add_argument("--account", help="an account known to the app")
    payer.add_argument("--card", default="tok_visa_ok",
                       help="a processor's token of a guest's card (default: %(default)s)")
    parser.add_argument("--end", type=instant, metavar="TIME",
                        help="when charging ended, RFC 3339 with an offset (default: the last full minute)")
    parser.add_argument("--minutes", type=int, default=60, help="how long (default: 60)")
    parser.add_argument("--kwh", type=int, default=11, help="whole kWh charged (default: 11)")
    parser.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE",
                        help="a librdkafka setting, such as security.protocol=ssl")
    options = parser.parse_args()
    options.topic = options.topic or ("charging.events" if options.trusted else "gateway.events")
    options.format = options.format or ("avro" if options.trusted else "json")
    if options.format == "avro" and options.token:
        parser.error("a token in plain text goes in JSON only; Avro carries its keyed hash")
    if options.format == "json" and options.trusted:
        parser.error("charging.events holds Avro only")
    if options.end is None:
        options.end = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    options.transaction = options.transaction or f"example-{options.end:%Y%m%dT%H%M}"
    return options


def instant(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs its offset, such as Z")
    return at


def session(options):
    """What happened, in order: (kind, what tells its id from the session's other events, time, data)."""
    start = options.end - datetime.timedelta(minutes=options.minutes)
    authorization = f"auth-{options.transaction}"
    begun_at, charged = 1_204_310, options.kwh * WH_PER_KWH
    common = {"evse": 1, "transaction": options.transaction}
    if options.token:
        payer = {"token": options.token}
    elif options.account:
        payer = {"account": options.account}
    else:
        payer = {"method": {"processor": "simulated", "token": options.card, "label": "visa 4242"}}

    yield "authorization_requested", "auth", start, {"authorization": authorization, "evse": 1, **payer}
    yield "session_started", "0", start, {
        **common, "sequence": 0, "authorization": authorization, "meterStart": begun_at, "state": "Charging"}
    sequence = 1
    for minutes in range(SAMPLE_MINUTES, options.minutes, SAMPLE_MINUTES):
        # Registers in whole Wh: no fraction of energy is made up or lost by rounding.
        register = begun_at + charged * minutes // options.minutes
        at = start + datetime.timedelta(minutes=minutes)
        yield "session_updated", str(sequence), at, {
            **common, "sequence": sequence,
            "samples": [{"value": register, "unit": "Wh", "measurand": "Energy.Active.Import.Register"}]}
        sequence += 1
    yield "session_ended", str(sequence), options.end, {
        **common, "sequence": sequence, "meterStop": begun_at + charged, "reason": "EVDisconnected"}


def cloud_event(options, kind, identity, at, data):
    """One event in CloudEvents' JSON: the shape of docs/events.md."""
    event = {
        "specversion": "1.0",
        "type": f"wattledger.charging.{kind}.v1",
        "source": options.source,
        "id": identity,
        "subject": options.station,
        "time": at.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": data,
    }
    return json.dumps(event).encode()


def avro_event(contract, options, kind, identity, at, data):
    """The same in Avro: the records of schemas/charging, energy in mWh, times in ms."""
    milliseconds = round(at.timestamp() * 1_000)
    # Intake says when an event was received and replaces this; a trusted gateway is its own intake.
    received = round(time.time() * 1_000)
    fields = {"source": options.source, "id": identity, "station": options.station,
              "occurred_at": milliseconds, "received_at": received, "evse": data.get("evse")}
    if kind == "authorization_requested":
        method = data.get("method")
        payer = (("wattledger.charging.PayerAccount", {"account": data["account"]}) if method is None
                 else ("wattledger.charging.PayerMethod", {"method": method}))
        fields |= {"authorization": data["authorization"], "payer": payer, "limit": None}
    else:
        fields |= {"transaction": data["transaction"], "sequence": data["sequence"], "samples": []}
    if kind == "session_started":
        fields |= {"authorization": data["authorization"], "token": None, "meter_start": data["meterStart"] * 1_000,
                   "state": "CHARGING", "connectivity": "ONLINE"}
    elif kind == "session_updated":
        fields |= {"state": None, "samples": [
            {"at": milliseconds, "measurand": "ENERGY_IMPORT_REGISTER", "phase": "TOTAL", "context": "PERIODIC",
             "value": sample["value"] * 1_000} for sample in data["samples"]]}
    elif kind == "session_ended":
        fields |= {"meter_stop": data["meterStop"] * 1_000, "reason": data["reason"], "token": None}
    name = "wattledger.charging." + "".join(word.title() for word in kind.split("_"))
    return contract.encode(name, fields)


def main():
    options = arguments()
    contract = Contract(SCHEMAS) if options.format == "avro" else None
    failures = []

    def taken(source_id):
        def report(error, message):
            if error is not None:
                failures.append(f"{source_id}: {error}")
                return
            print(json.dumps({"source": options.source, "id": source_id, "topic": message.topic(),
                              "partition": message.partition(), "offset": message.offset()}))
        return report

    producer = Producer({
        "bootstrap.servers": options.kafka,
        # The broker drops what is sent twice on a retry, and keeps the order of what is sent to a partition.
        "enable.idempotence": True,
        "compression.type": "lz4",
        # After this long without an answer the event is reported as failed, not forgotten: send it again, the same.
        "delivery.timeout.ms": 120_000,
        # Java's and the engine's. Into gateway.events any partitioner will do, into charging.events only this one.
        "partitioner": "murmur2_random",
        **dict(setting.split("=", 1) for setting in options.setting),
    })
    for kind, suffix, at, data in session(options):
        identity = f"{options.transaction}-{suffix}"
        if contract:
            value, content_type = avro_event(contract, options, kind, identity, at, data), "avro/binary"
        else:
            value, content_type = cloud_event(options, kind, identity, at, data), "application/cloudevents+json"
        producer.produce(
            options.topic,
            # Into gateway.events any key will do; the station's keeps its events together.
            key=f"default/{options.station}" if options.trusted else options.station,
            value=value,
            headers={"content-type": content_type},
            on_delivery=taken(identity),
        )
        producer.poll(0)
    left = producer.flush(150)
    if left or failures:
        sys.exit("gateway.py: " + "; ".join([*failures, *([f"{left} events without an answer"] if left else [])])
                 + ". Send them again: they count once.")


if __name__ == "__main__":
    try:
        main()
    except KafkaException as error:
        sys.exit(f"gateway.py: {error}")
