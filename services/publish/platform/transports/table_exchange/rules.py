"""Decisions of the table exchange: what can be set, which records a batch becomes, what tables hold. Pure.

Tables UP_* go up, tables DN_* come down (spec: table exchange with the national and provincial platform).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.publish.platform.comparisons.rules import Held
from services.publish.platform.mapping import ColumnName, Half
from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.rules import WELL, Aggregate, BadAnswer, Verdict, kept, storable
from services.publish.platform.translation import content_hash
from services.publish.platform.transports.contract import Options

Record = dict[str, Any]
Value = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
# Where a marker says that the platform refused a row and gives no word for it.
REFUSED = "REFUSED"
# TASK_STATE: 3 is cancelled.
CANCELLED = "3"
MAIN_CONTROL = ("ROW_GUID", "TASK_GUID", "TASK_VERSION", "CD_OPERATION", "CD_TIME", "CD_BATCH", "DATA_SOURCE")
CHILD_CONTROL = ("ROW_GUID", "TASK_GUID", "CD_OPERATION", "CD_TIME", "CD_BATCH", "DATA_SOURCE")
# A record's own id: the row's, and for further tables which and where; 44 characters of the 50 there are.
_ROW_GUID = 36


class Marker(BaseModel):
    """How the platform says that it has taken a row over: a column of the main tables it fills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: ColumnName = Field(examples=["SJSCZT"])
    imported: tuple[Value, ...] = Field(min_length=1, max_length=20, examples=[["1"]])
    refused: tuple[Value, ...] = Field(default=(), max_length=20, examples=[["2"]])
    reason: ColumnName | None = Field(default=None, description="Column with the reason of a refusal")
    ask_seconds: float = Field(default=30, ge=0.05, le=3600)


class TableOptions(Options):
    """What can be set of the exchange with a front-end library.

    Attributes
    ----------
    marker : without one a row counts as accepted once it is written.
    keeps_rows : the library keeps what was taken over, so it can be compared.
    compares_content : it gives column values back as they were written; otherwise only versions are compared.
    catalogue_key : the column of DN_TASK_DIRECTORY that names an entry for ever.
    settle_seconds : rows younger than that are read later, when those written before them have certainly arrived.
    """

    table_schema: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] = "public"
    letter_case: Literal["lower", "upper"] = "lower"
    marker: Marker | None = None
    keeps_rows: bool = True
    compares_content: bool = True
    catalogue_key: ColumnName = "ROW_GUID"
    settle_seconds: float = Field(default=60, ge=0, le=3600)

    @model_validator(mode="after")
    def _marked_rows_are_kept(self) -> TableOptions:
        """Where rows vanish their markers do: the batch would be asked for without end, and written each time."""
        if self.marker is not None and not self.keeps_rows:
            raise ValueError("前置库不保留已取走的行时无法读取标记，请去掉 marker，或将 keeps_rows 设为 true")
        return self


@dataclass(frozen=True)
class Group:
    """Records of one table; every record has some of `columns`."""

    table: str
    columns: tuple[str, ...]
    records: list[Record]


def records_of(rows: Iterable[Mapping[str, Any]], *, number: str, source: str) -> list[Group]:
    """The records of a batch by table, in the order a consuming job reads them: extensions, main tables, the others.

    An item that was of another family goes out of the table it was in, by a record of its own.
    """
    found: dict[str, list[Record]] = {}
    mains: set[str] = set()
    for row in rows:
        guid, main = row["ROW_GUID"], row["TABLE"]
        mains.add(main)
        control = {"CD_TIME": _instant(row["CD_TIME"]), "CD_BATCH": number, "DATA_SOURCE": source}
        item = control | {"TASK_GUID": row["TASK_GUID"], "TASK_VERSION": row["TASK_VERSION"]}
        if "TABLE_BEFORE" in row:
            gone = item | {"ROW_GUID": f"{guid}-before", "CD_OPERATION": "D"}
            mains.add(row["TABLE_BEFORE"])
            found.setdefault(row["TABLE_BEFORE"], []).append(gone)
        operation = row["CD_OPERATION"]
        found.setdefault(main, []).append({**row.get("ROW", {}), **item, "ROW_GUID": guid, "CD_OPERATION": operation})
        part = control | {"TASK_GUID": guid, "CD_OPERATION": operation}
        for index, (table, children) in enumerate(row.get("CHILDREN", {}).items()):
            found.setdefault(table, []).extend(
                {**child, **part, "ROW_GUID": f"{guid}-{index:02d}{place:05d}"}
                for place, child in enumerate(children, start=1)
            )
    ordered = sorted(found.items(), key=lambda one: _rank(one[0], mains))
    return [Group(table, tuple(sorted({key for one in records for key in one})), records) for table, records in ordered]


def _rank(table: str, mains: set[str]) -> int:
    if table.endswith("_EXTEND"):
        return 0
    if table in mains:
        return 2 if table.endswith("_DIRECTORY") else 1
    return 3


def without(groups: Sequence[Group], known: set[str]) -> list[Group]:
    """What is still to be written when the rows `known` are there already, as after an answer that was lost."""
    left = [
        Group(one.table, one.columns, [record for record in one.records if row_of(record["ROW_GUID"]) not in known])
        for one in groups
    ]
    return [one for one in left if one.records]


def row_of(record_guid: str) -> str:
    """The row a record belongs to, whichever table it is in."""
    return record_guid[:_ROW_GUID]


def _instant(text: str) -> str:
    """20190411093000 as tables of any kind read it."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"


def verdicts_of(marker: Marker, found: Sequence[Mapping[str, Any]], sent: Sequence[str]) -> list[Verdict] | None:
    """What the markers of a batch say; None while the platform has not looked at every row."""
    told = {one["row_guid"]: one for one in found}
    verdicts = []
    for guid in sent:
        one = told.get(guid)
        state = one["marker"] if one is not None else None
        if state in marker.imported:
            verdicts.append(Verdict(guid, WELL, ""))
        elif state in marker.refused and one is not None:
            verdicts.append(Verdict(guid, REFUSED, kept(one["reason"], 1_000)))
        else:
            return None
    return verdicts


def mains_of(profile: Profile) -> dict[str, Half]:
    """Every main table of a profile, with its columns and further tables."""
    return {half.table: half for half in profile.halves}


def held(
    half: Half, guid: str, version: int, main: Mapping[str, Any], children: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Held:
    """What a table holds of an item, hashed as it was sent."""
    row = _said(main, [column.column or "" for column in half.columns])
    found = {}
    for child in half.children:
        names = [*(column.column or "" for column in child.columns), *([child.numbered] if child.numbered else [])]
        rows = [_said(one, names) for one in children.get(child.table, ())]
        if rows:
            found[child.table] = rows
    return Held(guid, version, content_hash({"ROW": row, "CHILDREN": found}))


def _said(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """The columns that say something, under the names of the profile whatever the case of the table's."""
    by_name = {key.upper(): value for key, value in record.items()}
    return {name: str(by_name[name.upper()]) for name in names if by_name.get(name.upper()) is not None}


def is_address(text: str) -> bool:
    """Whether a text says by itself where a library is."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("postgresql", "postgres") and bool(parts.hostname) and len(parts.path) > 1
    except ValueError:
        return False


def cursor_of(text: str) -> tuple[str, str]:
    """Instant and id behind which the next page begins; from the start when the cursor is empty.

    Raises
    ------
    BadAnswer
        It is none of ours.
    """
    stamp, _, last = text.partition("|")
    try:
        return (datetime.fromisoformat(stamp).isoformat() if stamp else "1970-01-01T00:00:00"), last
    except ValueError as error:
        raise BadAnswer("读取位置无法识别") from error


def directory_entry(table: str, record: str, key: str) -> Aggregate:
    """An entry of the superior's catalogue. One that is deleted counts as cancelled, later than its last version.

    Raises
    ------
    BadAnswer
        No name or no version.
    """
    found = {name.upper(): storable(value) for name, value in orjson.loads(record).items()}
    external, version = kept(found.get(key), 200), found.get("TASK_VERSION")
    if not external or not isinstance(version, int) or not 0 <= version < 2**31:
        raise BadAnswer(f"{table} 中的事项缺少 {key} 或 TASK_VERSION")
    gone = found.get("CD_OPERATION") == "D"
    if gone:
        found["TASK_STATE"] = CANCELLED
    return Aggregate(external, version * 2 + gone, {"ITEM_ID": external, "TASK_VERSION": version, table: found})
