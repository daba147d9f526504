"""wattledger's Avro records: both framings, the schemas by fingerprint or by a registry's id.

The contract is the folder schemas/ of the repository. A record starts with the name of its writer's schema:

    0xC3 0x01 and 8 bytes   single-object encoding: CRC-64-AVRO of the schema's Parsing Canonical Form, little end first
    0x00 and 4 bytes        Confluent framing: the schema's id in a registry, big end first
"""

import io
import json
import pathlib
import struct
import urllib.request

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"


class Unreadable(Exception):
    """Bytes that are no record of the contract: keep them and tell someone, do not skip them."""


class Contract:
    """The schemas of a folder, and those that a registry adds."""

    def __init__(self, folder=SCHEMAS, registry=None):
        self.registry = registry.rstrip("/") if registry else None
        self.by_fingerprint = {}
        self.by_name = {}
        self.by_id = {}
        for path in sorted(pathlib.Path(folder).glob("*/*.avsc")):
            schema = json.loads(path.read_text(encoding="utf-8"))
            print_of = bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))
            known = (schema["name"], fastavro.parse_schema(_plain(schema)))
            self.by_fingerprint[print_of] = known
            self.by_name[schema["name"]] = (print_of, known[1])
        if not self.by_name:
            raise FileNotFoundError(f"no schemas in {folder}")

    def decode(self, value):
        """(full name of the record, its fields). Times and amounts are whole numbers; where one of several records
        may stand, the value is (its full name, its fields)."""
        if value is None:
            raise Unreadable("no value")
        if value[:2] == b"\xc3\x01":
            known, body = self.by_fingerprint.get(value[2:10]), value[10:]
            if known is None:
                raise Unreadable(f"no schema here has fingerprint {value[2:10].hex()}: update schemas/")
        elif value[:1] == b"\x00" and len(value) >= 5:
            known, body = self._by_id(struct.unpack(">I", value[1:5])[0]), value[5:]
        else:
            raise Unreadable(f"starts with {value[:2].hex() or 'nothing'}, which is no framing of Avro")
        name, schema = known
        rest = io.BytesIO(body)
        try:
            fields = fastavro.schemaless_reader(
                rest, schema, return_record_name=True, return_record_name_override=True
            )
        except Exception as error:  # fastavro raises whatever the bytes provoke
            raise Unreadable(f"no {name}: {error!r}") from error
        if rest.read(1):
            raise Unreadable(f"bytes follow the end of {name}")
        return name, fields

    def encode(self, name, fields):
        """The record in single-object encoding."""
        print_of, schema = self.by_name[name]
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, fields)
        return b"\xc3\x01" + print_of + body.getvalue()

    def _by_id(self, number):
        if number not in self.by_id:
            if not self.registry:
                raise Unreadable(f"schema {number} of a registry, and none is named (--registry)")
            # Ids never change their meaning, so one answer is enough. Any failure here is the registry's, not the
            # record's: it goes up, and the record is read again later.
            with urllib.request.urlopen(f"{self.registry}/schemas/ids/{number}", timeout=10) as answer:
                schema = json.loads(json.load(answer)["schema"])
            self.by_id[number] = (schema["name"], fastavro.parse_schema(_plain(schema)))
        return self.by_id[number]


def _plain(schema):
    """Without logical types: a time stays the whole number of milliseconds that was written."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if isinstance(schema, dict):
        return {key: _plain(part) for key, part in schema.items() if key != "logicalType"}
    return schema
