"""What an item looks like in a library's answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.rules import half_of
from services.publish.platform.translation import Untranslatable, outward

# As long as a JSON number is exact everywhere.
LAST_INSTANT = 2**53 - 1


def aggregate(item_id: UUID, version: int, body: Mapping[str, Any] | None, profile: Profile) -> dict[str, Any]:
    """One element of `data.list`: the tables of an item, or that nobody may see it any more (D).

    ITEM_ID stays for ever, ROWGUID is one version. An item whose values the profile has no codes for comes without
    tables and says why in REMARK; it comes again once it is corrected.
    """
    if body is None:
        return {"ITEM_ID": str(item_id), "TASK_VERSION": version, "CD_OPERATION": "D"}
    head = {
        "ITEM_ID": str(item_id), "ROWGUID": str(uuid5(item_id, str(body["version"]))), "TASK_VERSION": body["version"],
        "CD_OPERATION": "U", "AREACODE": body["region_code"],
    }  # fmt: skip
    try:
        said = outward(half_of(body, profile), body["elements"])
    except Untranslatable as error:
        return head | {"REMARK": str(error)}
    return head | {half_of(body, profile).table: said["ROW"]} | one_row_tables(said["CHILDREN"], profile)


def one_row_tables(children: Mapping[str, list[dict[str, str]]], profile: Profile) -> dict[str, Any]:
    """Further tables as a library writes them: an object where there is one row by nature, else an array."""
    single = {child.table for half in profile.halves for child in half.children if child.element is None}
    return {table: rows[0] if table in single else rows for table, rows in children.items()}
