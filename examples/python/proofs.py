"""What a ledger made of wattledger's billing topics must satisfy; none of it is taken on trust from the engine.

Each proof looks at the whole ledger and names what breaks it. A document and its entries are one transaction of the
engine, so once both partitions are read far enough, all of them hold.
"""

import hashlib
import json

# How many offenders a proof names.
NAMED = 5
# Who owes: what was billed and not paid yet. What came in before its invoice waits in unallocated.
RECEIVABLE = ("ar:driver", "unallocated")
# What a document may say since its hash names version 2.
LATER = ("taxes", "rounding", "reverse_charge")


def all_of(books, contract):
    """Every proof as {name, checked, offenders}."""
    return [
        _rows(books, "each entry's debits equal its credits, per currency",
              "SELECT COUNT(DISTINCT entry) FROM postings",
              "SELECT entry, currency, SUM(debit) - SUM(credit) AS over FROM postings GROUP BY entry, currency "
              "HAVING over <> 0"),
        _rows(books, "the trial balance of each book is zero, per currency",
              "SELECT COUNT(DISTINCT book || currency) FROM postings JOIN entries USING (entry)",
              "SELECT book, currency, SUM(debit) - SUM(credit) AS over FROM postings JOIN entries USING (entry) "
              "GROUP BY book, currency HAVING over <> 0"),
        _rows(books, "the entries of each book are numbered 1 to n without gap",
              "SELECT COUNT(*) FROM entries", _gaps("entries", "book")),
        _rows(books, "the documents of each series are numbered 1 to n without gap",
              "SELECT COUNT(*) FROM documents", _gaps("documents", "series")),
        _chain(books, contract),
        _rows(books, "each document's gross is what its entries charge to receivables",
              "SELECT COUNT(*) FROM documents", _posted("IN (" + ", ".join(map(repr, RECEIVABLE)) + ")", "gross")),
        _rows(books, "each document's net is what its entries credit to revenue",
              "SELECT COUNT(*) FROM documents", _posted("LIKE 'rev:%'", "-net")),
        _rows(books, "each document's tax is what its entries credit to VAT and taxes by name",
              "SELECT COUNT(*) FROM documents", _posted("GLOB '[vt]a[tx]:*'", "-tax")),
        _rows(books, "each payment fact is posted at most once, with its amount",
              "SELECT COUNT(*) FROM facts",
              "SELECT f.payment, f.op, f.movement, COUNT(e.entry) AS times FROM facts f "
              "JOIN entries e USING (payment, op, movement) "
              "LEFT JOIN (SELECT entry, SUM(debit) AS moved, MIN(currency) AS currency FROM postings GROUP BY entry) p "
              "ON p.entry = e.entry AND p.moved = f.minor AND p.currency = f.currency "
              "GROUP BY f.payment, f.op, f.movement HAVING times <> 1 OR COUNT(p.entry) <> 1"),
        _rows(books, "each entry of a payment has its fact",
              "SELECT COUNT(*) FROM entries",
              "SELECT e.entry FROM entries e LEFT JOIN facts f USING (payment, op, movement) "
              "WHERE f.payment IS NULL AND e.payment IS NOT NULL"),
        _owed(books),
    ]


def documents_without_entries(books):
    """Documents of more than nothing that no entry names."""
    return [number for number, in books.sql.execute(
        "SELECT number FROM documents d LEFT JOIN entries e USING (invoice) WHERE e.entry IS NULL AND d.gross <> 0")]


def facts_not_posted(books):
    """Payment facts whose entry has not come yet; the invoices stage posts them a moment after accounts tells them."""
    return [f"{payment} op {op} {movement}" for payment, op, movement in books.sql.execute(
        "SELECT f.payment, f.op, f.movement FROM facts f LEFT JOIN entries e USING (payment, op, movement) "
        "WHERE e.entry IS NULL")]


def _rows(books, name, counting, offending):
    checked = books.sql.execute(counting).fetchone()[0]
    offenders = [" ".join(map(str, row)) for row in books.sql.execute(f"{offending} LIMIT {NAMED}")]
    return {"name": name, "checked": checked, "offenders": offenders}


def _gaps(table, series):
    return (f"SELECT {series}, 'has', COUNT(*), 'numbers from', MIN(sequence), 'to', MAX(sequence) FROM {table} "
            f"GROUP BY {series} HAVING MIN(sequence) <> 1 OR MAX(sequence) <> COUNT(*)")


def _posted(ledgers, amount):
    """Documents whose entries move another amount over some ledger accounts; a credit note turns every sign."""
    return (f"SELECT d.number, 'says', CASE d.kind WHEN 'CreditNote' THEN -({amount}) ELSE {amount} END AS due, "
            f"'posted', COALESCE(SUM(p.debit - p.credit), 0) AS moved "
            f"FROM documents d LEFT JOIN entries e USING (invoice) "
            f"LEFT JOIN postings p ON p.entry = e.entry AND p.ledger {ledgers} AND p.currency = d.currency "
            f"GROUP BY d.invoice HAVING moved <> due")


def _owed(books):
    """Per session: billed - captured + given back - written off is what receivables and unallocated come to."""
    owed = {}
    for session, currency, amount in books.sql.execute(
            "SELECT session, currency, SUM(CASE kind WHEN 'CreditNote' THEN -gross ELSE gross END) "
            "FROM documents GROUP BY session, currency"):
        owed[session, currency] = amount
    signs = {"CAPTURED": -1, "WRITTEN_OFF": -1, "CAPTURE_REVERSED": 1, "REFUNDED": 1}
    for session, movement, currency, amount in books.sql.execute(
            "SELECT e.session, f.movement, f.currency, SUM(f.minor) FROM facts f "
            "JOIN entries e USING (payment, op, movement) WHERE e.session IS NOT NULL "
            "GROUP BY e.session, f.movement, f.currency"):
        key = session, currency
        owed[key] = owed.get(key, 0) + signs.get(movement, 0) * amount
    posted = {(session, currency): amount for session, currency, amount in books.sql.execute(
        "SELECT e.session, p.currency, SUM(p.debit - p.credit) FROM postings p JOIN entries e USING (entry) "
        f"LEFT JOIN documents d USING (invoice) WHERE p.ledger IN {RECEIVABLE!r} AND e.session IS NOT NULL "
        "AND (e.payment IS NOT NULL OR d.invoice IS NOT NULL) GROUP BY e.session, p.currency")}
    offenders = [f"{key[0]} owes {amount} {key[1]}, the journal says {posted.get(key, 0)}"
                 for key, amount in sorted(owed.items()) if posted.get(key, 0) != amount]
    return {"name": "each session owes what was billed, less what was paid and written off",
            "checked": len(owed), "offenders": offenders[:NAMED]}


def _chain(books, contract):
    """Each document is what was hashed, names the hash before it in its series, and adds up."""
    offenders, checked, last = [], 0, {}
    rows = books.sql.execute("SELECT record, number, gross FROM documents ORDER BY series, sequence")
    for record, number, gross in rows:
        checked += 1
        _, issued = contract.decode(record)
        series = issued["series"]
        if issued["previous_hash"] != last.get(series, bytes(32)):
            offenders.append(f"{number} does not follow the one before it in {series}")
        if issued["hash"] != document_hash(issued):
            offenders.append(f"{number} is not what was hashed")
        if not _adds_up(issued["draft"]) or gross != issued["draft"]["gross"]["minor"]:
            offenders.append(f"{number} does not add up")
        last[series] = issued["hash"]
    return {"name": "each document adds up, is what was hashed, and hashes the one before it in its series",
            "checked": checked, "offenders": offenders[:NAMED]}


def _adds_up(draft):
    lines = {}
    for line in draft["lines"]:
        lines[line["tax"]] = lines.get(line["tax"], 0) + line["net"]["minor"]
    groups, named = draft["groups"], {}
    for tax in draft.get("taxes") or []:
        named[tax["group"]] = named.get(tax["group"], 0) + tax["amount"]["minor"]
    rounding = draft.get("rounding") or {"minor": 0}
    total = draft["net"]["minor"] + draft["tax"]["minor"] + rounding["minor"]
    return (all(group["net"]["minor"] == lines.pop(group["rate"], None)
                and group["net"]["minor"] + group["tax"]["minor"] == group["gross"]["minor"] for group in groups)
            and not lines
            and all(named.pop(group["rate"], group["tax"]["minor"]) == group["tax"]["minor"] for group in groups)
            and not named
            and all(sum(group[part]["minor"] for group in groups) == draft[part]["minor"] for part in ("net", "tax"))
            and total == draft["gross"]["minor"])


def document_hash(issued):
    """SHA-256 over the canonical form of an issued document; docs/finance.md says what that is."""
    version = 2 if any(issued["draft"].get(name) is not None for name in LATER) else 1
    form = [f"wattledger.document.{version}", issued["invoice"], issued["number"], issued["series"], issued["sequence"],
            issued["issued_at"]]
    credits = issued["credits"]
    form += ["0"] if credits is None else ["1", credits["invoice"], credits["number"], _date(credits["issue_date"])]
    form += _draft(issued["draft"]) + [issued["previous_hash"]]
    digest = hashlib.sha256()
    for part in form:
        part = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _draft(draft):
    kind, of_kind = draft["kind"]
    seller = json.loads(draft["seller"]["text"])
    spec, supply, lines, groups = seller["spec"], draft["supply"], draft["lines"], draft["groups"]
    return [
        draft["draft"], kind.rpartition(".")[2], *of_kind.values(),
        seller["id"], spec["name"], len(spec["address"]), *spec["address"], spec["country"],
        *_optional(spec.get("vatId")), spec["timeZone"], spec["currency"], spec["book"], spec["invoiceNumber"],
        spec["creditNoteNumber"], spec["policy"], spec["processor"],
        *_pin(draft["seller_pin"]), draft["account"], *_optional(draft["buyer_name"]),
        supply["session"], supply["version"], supply["station"], supply["evse"], supply["site"], supply["time_zone"],
        supply["started_at"], supply["ended_at"], supply["energy"], *_pin(supply["tariff"]),
        _date(draft["issue_date"]), draft["tax_point"], draft["currency"],
        len(lines), *(part for line in lines for part in _line(line)),
        len(groups), *(part for group in groups for part in _group(group)),
        *_money(draft["net"]), *_money(draft["tax"]), *_money(draft["gross"]),
        *_later(draft),
    ]


def _later(draft):
    """What documents say only where there is any of it: taxes by name, cash rounding, reverse charge."""
    taxes, rounding, buyer = (draft.get(name) for name in LATER)
    if taxes is None and rounding is None and buyer is None:
        return []
    form = ["0"] if taxes is None else ["1", len(taxes)]
    for tax in taxes or []:
        form += [tax["group"], tax["name"], *_optional(tax["account_number"]), tax["rate"],
                 *_money(tax["base"]), *_money(tax["amount"])]
    form += ["0"] if rounding is None else ["1", *_money(rounding)]
    return form + _optional(buyer)


def _line(line):
    kind, of_kind = line["kind"]
    word = {"UsageLine": of_kind.get("dimension"), "MinPriceLine": "MIN_PRICE", "MaxPriceLine": "MAX_PRICE"}
    # ENERGY is Energy, PARKING_TIME is ParkingTime.
    name = "".join(part.title() for part in word[kind.rpartition(".")[2]].split("_"))
    return [name, line["element"], line["quantity"], line["price"], *_optional(line["tax"]),
            int.from_bytes(line["exact_net"], "big", signed=True), *_money(line["net"]), line["from"], line["to"]]


def _group(group):
    return [*_optional(group["rate"]), *_money(group["net"]), *_money(group["tax"]), *_money(group["gross"])]


def _money(amount):
    return [amount["minor"], amount["currency"]]


def _pin(pin):
    return [pin["id"], pin["version"], pin["hash"]]


def _optional(value):
    return ["0"] if value is None else ["1", value]


def _date(date):
    return f"{date['year']:04}-{date['month']:02}-{date['day']:02}"
