"""Promise 2 for the provincial platform: both sides are equal, and what it rejects is a finding somebody has to settle.

What its columns must say is worked out here once more from the published entries (docs/platform.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from tests.faults.facts import Facts, Row, Violation
from tests.faults.province import KINDS, REGION, Holding
from tests.faults.world import ABOVE

REJECTED = "P01"
_STATE = {"in_use": "1", "suspended": "2", "cancelled": "3"}
_UNIT = {"working_day": "1", "natural_day": "2"}
_OBJECT = {"natural_person": "1", "enterprise": "2"}
_NEED = {"required": "1", "optional": "2"}


def check(held: Holding, facts: Facts) -> Iterator[Violation]:
    """Everything that speaks against an exchange that is at rest, was compared and repaired; see also `rejections`."""
    yield from _equal(held, facts)
    if len(facts.feedback) != held.complaints:
        yield Violation(2, "complaints of the platform are not kept", f"{len(facts.feedback)} of {held.complaints}",
                        lost=max(held.complaints - len(facts.feedback), 0))  # fmt: skip


def rejections(facts: Facts) -> Iterator[Violation]:
    """What is rejected and nobody has corrected has an open finding, and nothing else has."""
    newest: dict[Any, Row] = {}
    for row in facts.peer_rows:  # ordered by version
        newest[row["item_id"]] = row
    rejected = {item for item, row in newest.items() if row["state"] == "rejected"}
    found = {row["item_id"] for row in facts.findings if row["rule"] == REJECTED and row["state"] == "open"}
    for item in sorted(rejected - found):
        yield Violation(2, "a rejection has no finding", str(dict(newest[item])), lost=1)
    for item in sorted(found - rejected):
        yield Violation(2, "a finding is open about what the platform has accepted", f"{newest.get(item)}")
    for item, row in newest.items():
        if row["state"] not in ("accepted", "rejected"):
            yield Violation(2, "a row for the platform has no answer", f"{item}: {row['state']}", lost=1)


def expected(facts: Facts) -> dict[str, dict[str, Any]]:
    """What the platform must hold of each item: its columns, by TASK_GUID."""
    lists = (row for row in facts.lists if row["kind"] in KINDS and REGION in ABOVE[row["region_code"]])
    taken = {row["id"] for row in lists}
    bodies = {(row["item_id"], row["from_revision"]): row["body"] for row in facts.bodies}
    shown = (row for row in facts.shown if row["list_id"] in taken)
    return {
        str(row["item_id"]): _columns(json.loads(bodies[row["item_id"], row["from_revision"]])["elements"])
        for row in shown
    }


def _equal(held: Holding, facts: Facts) -> Iterator[Violation]:
    there = {item["guid"]: item for item in held.items if not item["gone"]}
    listed = {item["TASK_GUID"]: item for item in held.inventory}
    if there.keys() != listed.keys():
        yield Violation(2, "the platform's inventory is not what it holds", str(sorted(there.keys() ^ listed.keys())))
    here = expected(facts)
    versions = {str(row["item_id"]): row["task_version"] for row in facts.peer_rows}
    for guid in sorted(here.keys() - there.keys()):
        yield Violation(2, "the platform lacks an entry", guid, lost=1)
    for guid in sorted(there.keys() - here.keys()):
        yield Violation(2, "the platform holds what is not published", guid, duplicated=1)
    for guid in sorted(here.keys() & there.keys()):
        if there[guid]["content"] != here[guid]:
            yield Violation(2, "the platform holds another content", f"{guid}: {there[guid]}, not {here[guid]}", lost=1)
        said = (there[guid]["version"], listed.get(guid, {}).get("TASK_VERSION"))
        if said != (versions.get(guid),) * 2:
            yield Violation(2, "the platform holds another version", f"{guid}: {said}, not {versions.get(guid)}")
        told = listed.get(guid, {})
        if (told.get("HASH"), told.get("TASK_CODE")) != (_hash(here[guid]), here[guid]["ROW"]["TASK_CODE"]):
            yield Violation(2, "the platform's inventory says something else", f"{guid}: {told}")


def _columns(elements: Mapping[str, Any]) -> dict[str, Any]:
    """Elements of the world's entries as columns of UP_TASK_GENERAL_BASIC; what says nothing is left out."""
    body = elements.get("implementing_body") or {}
    row = {
        "TASK_NAME": elements["name"], "CATALOG_CODE": elements["base_code"], "TASK_TYPE": elements["item_type"],
        "USE_LEVEL": elements["level"], "TASK_CODE": elements["implementation_code"],
        "TASK_HANDLE_ITEM": elements.get("handling_item"), "TASK_STATE": _STATE[elements["state"]],
        "DEPT_NAME": body.get("name"), "DEPT_CODE": body.get("credit_code"),
        "BY_LAW": "\n".join(f"《{one['document']}》{one['article']}" for one in elements["basis"]),
        "SERVER_TYPE": ",".join(_OBJECT[one] for one in elements.get("service_objects", ())),
    }  # fmt: skip
    for column, name in (("ANTICIPATE", "statutory_limit"), ("PROMISE", "promised_limit")):
        if limit := elements.get(name):
            row |= {f"{column}_DAY": str(limit["amount"]), f"{column}_TYPE": _UNIT[limit["unit"]]}
    materials = [
        {"MATERIAL_NAME": one["name"], "IS_NEED": _NEED[one["necessity"]]} for one in elements.get("materials", ())
    ]
    children = {"UP_TASK_GENERAL_MATERIAL": materials} if materials else {}
    return {"ROW": {column: value for column, value in row.items() if value}, "CHILDREN": children}


def _hash(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
