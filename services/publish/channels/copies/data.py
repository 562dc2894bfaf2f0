"""Copies that programs show or take: portal data, kiosk feed, bulk files with their checksums. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import orjson

from services.publish.channels.copies import marker
from services.publish.channels.copies.marker import Marker
from services.publish.channels.copies.source import Body, Source, code_of, organ_of
from shared.annex.layout import NO_UNIT
from shared.annex.plain import defused
from shared.clock import ZONE

ALGORITHM = "sha256-256-buckets"
_BOM = "\ufeff"
# What a person at a kiosk looks for first; the service guide has the rest.
_AT_KIOSK = ("materials", "statutory_limit", "promised_limit", "fees", "conditions", "handling_place", "handling_hours")


def marker_of(source: Source) -> Marker:
    """The mark of a copy."""
    facts = source.facts
    return Marker(facts.list_id, facts.revision, facts.hash)


def _head(source: Source) -> dict[str, Any]:
    facts = source.facts
    told = marker_of(source).members | {
        "algorithm": ALGORITHM,
        "kind": facts.kind,
        "kind_title": facts.kind_title,
        "title": facts.title,
        "region_code": facts.region_code,
        "region_name": facts.region_name,
        "issuer": facts.issuer,
        "decision": dict(facts.decision),
        "entries": facts.entries,
        "purged": facts.purged,
        "effective_at": facts.effective_at.astimezone(ZONE).isoformat(),
        "published_at": facts.published_at.astimezone(ZONE).isoformat(),
    }
    return told | ({"unit": str(facts.unit), "unit_entries": len(source.bodies)} if facts.unit else {})


def portal(source: Source) -> bytes:
    """Everything the revision shows, each entry exactly as its hash was taken."""
    return orjson.dumps(_head(source))[:-1] + b',"items":[' + b",".join(source.bodies) + b"]}\n"


def jsonl(source: Source) -> bytes:
    """The bulk file: a line that says what it is, then a line an entry; `docs/verify_list_hash.py` checks it."""
    return b"\n".join([orjson.dumps(_head(source)), *source.bodies]) + b"\n"


def kiosk(source: Source) -> bytes:
    """What a service hall shows: organ by organ, in words, with the ways to the guide and to one's own case (TH-24)."""
    organs = [
        {"organ": organ or NO_UNIT, "items": [_at_kiosk(source, body) for body in group]}
        for organ, group in groupby(source.shown, key=organ_of)
    ]
    more = {"progress_url": source.facts.progress_url or None, "link": source.facts.link or None, "organs": organs}
    return orjson.dumps(_head(source) | more) + b"\n"


def _at_kiosk(source: Source, body: Body) -> dict[str, Any]:
    elements = source.facts.elements
    told = [
        {"title": str(elements[key].get("title") or key), "text": text}
        for key in _AT_KIOSK
        if key in elements and (text := source.text(body, key))
    ]
    name = source.text(body, "name")
    href = f"/publish/v1/items/{body['id']}"
    # Kinds of list that describe no process have no guide.
    guide = f"{href}/guide" if "process_steps" in elements else None
    return {"id": body["id"], "name": name, "code": code_of(body), "state": body["state"], "told": told,
            "href": href, "guide": guide}  # fmt: skip


def csv_file(source: Source) -> bytes:
    """The bulk file for spreadsheets: a column an element, cells that would be run are defused."""
    elements = source.facts.elements
    mark = marker_of(source).cells
    titles = [defused(str(element.get("title") or key)) for key, element in elements.items()]
    file = io.StringIO(newline="")
    file.write(_BOM)
    lines = csv.writer(file)
    lines.writerow(["事项标识", *titles, *marker.COLUMNS])
    for body in source.shown:
        lines.writerow([body["id"], *(defused(source.text(body, key)) for key in elements), *mark])
    return file.getvalue().encode()


def checksums(source: Source) -> bytes:
    """SHA-256 of the bulk files, as `sha256sum --check` reads them; its comment line carries the mark."""
    return "".join([*_sums(source), f"# {marker_of(source).line}\n"]).encode()


def _sums(source: Source) -> Iterator[str]:
    for name, made in (("bulk.jsonl", jsonl(source)), ("bulk.csv", csv_file(source))):
        yield f"{hashlib.sha256(made).hexdigest()}  {name}\n"
