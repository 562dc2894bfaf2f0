"""Decisions about tables with keys of their own: which version an item gets, what ceases to be valid. Pure.

The national tables of construction approval (SPGL_DFXMSPLC*) are such: a process, its stages, the items of a stage.
A record of an item is never changed: another content is another version, and the one before is no longer valid. Records
that several items share, such as their process, are changed where they stand and end with their last item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import Field, StringConstraints

from services.publish.platform.mapping import ColumnName
from services.publish.platform.rules import WELL, Verdict, kept
from services.publish.platform.transports.contract import Options

Record = dict[str, Any]
Value = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Key = Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=20)]
# An item without the columns that name it in the platform's tables.
NO_KEY = "NOKEY"
# Two items with the columns of one: the second is for people to correct.
KEY_IN_USE = "KEYINUSE"
REFUSED = "REFUSED"
REPLACED, WITHDRAWN = "已由新版本替代", "事项已取消或不再公开"
# The item's id without hyphens; behind it stands the version.
_ITEM = 32


class KeyedOptions(Options):
    """How the library is written; the defaults are those of the construction-approval tables.

    Attributes
    ----------
    keys : table -> the columns that name a record in it; the further tables of a profile stand here as well.
    version : column of the main table that rises with each content of an item.
    serial : column with the record's id, which is ours to give.
    valid : column that says whether a record holds (`valid_values`: it does, it does not); `why_invalid` says why not.
    state : column by which the library's own job takes records over; `waiting` is what we write.
    confirmed : False: a record counts as accepted once it is written, whatever `state` says later.
    """

    table_schema: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] = "public"
    letter_case: Literal["lower", "upper"] = "lower"
    keys: dict[ColumnName, Key] = Field(
        default={
            "SPGL_DFXMSPLCXXB": ("XZQHDM", "SPLCBM", "SPLCBBH"),
            "SPGL_DFXMSPLCJDXXB": ("XZQHDM", "SPLCBM", "SPLCBBH", "SPJDXH"),
            "SPGL_DFXMSPLCJDSXXXB": ("XZQHDM", "SPLCBM", "SPLCBBH", "SPJDXH", "SPSXBM"),
        },
        min_length=1, max_length=20,
    )  # fmt: skip
    version: ColumnName = "SPSXBBH"
    serial: ColumnName = "LSH"
    valid: ColumnName = "SJYXBS"
    valid_values: tuple[Value, Value] = ("1", "0")
    why_invalid: ColumnName | None = "SJWXYY"
    updated: ColumnName = "GXSJ"
    state: ColumnName = "SJSCZT"
    waiting: Value = "0"
    imported: tuple[Value, ...] = Field(default=("1",), min_length=1, max_length=20)
    refused: tuple[Value, ...] = Field(default=("2",), max_length=20)
    reason: ColumnName | None = "SBYY"
    confirmed: bool = True
    ask_seconds: float = Field(default=30, ge=0.05, le=3600)

    @property
    def own(self) -> frozenset[str]:
        """Columns that are no content."""
        named = (self.version, self.serial, self.valid, self.why_invalid, self.updated, self.state, self.reason)
        return frozenset(one for one in named if one is not None)


@dataclass(frozen=True)
class Held:
    """The newest record of an item in the main table, its columns under the names of the profile.

    `state` : what the library's job has made of it.
    """

    serial: str
    version: int
    valid: bool
    record: Mapping[str, Any]
    state: str | None = None


@dataclass(frozen=True)
class Taken:
    """What a key stands for in the main table already: its highest version, and the serials that hold."""

    highest: int
    valid: Sequence[str]


@dataclass
class Plan:
    """What is written in the main table for a batch.

    `current` : ROW_GUID -> serial of the record that stands for the item afterwards; rows that ask for none are not in
    it.
    """

    insert: list[Record] = field(default_factory=list)
    end: dict[str, str] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)


def plan(
    rows: Iterable[Mapping[str, Any]], held: Mapping[str, Held], taken: Mapping[str, Taken], options: KeyedOptions
) -> Plan:
    """What becomes of the items of a batch; the same batch again finds everything as it should be.

    Parameters
    ----------
    rows : as they are sent, ROW in the types the table gives them.
    held : item -> its newest record.
    taken : ROW_GUID -> what the row's key stands for already.
    """
    made, claimed = Plan(), set()
    # What ends makes room for what takes its place in the same batch.
    for row in sorted(rows, key=lambda one: stands(one, options)):
        guid, item, said = row["ROW_GUID"], item_of(row["TASK_GUID"]), row.get("ROW")
        there = held.get(item)
        if said is None or not stands(row, options):
            _end(made, guid, there)
            continue
        missing = [name for name in options.keys[row["TABLE"]] if said.get(name) in (None, "")]
        if missing:
            made.verdicts.append(Verdict(guid, NO_KEY, f"缺少 {'、'.join(missing)}，请在清单中补充"))
            continue
        if there is not None and there.valid and same(said, there.record, options):
            made.current[guid] = there.serial
            claimed.add(tuple(str(said[name]) for name in options.keys[row["TABLE"]]))
            continue
        key = tuple(str(said[name]) for name in options.keys[row["TABLE"]])
        of_key = taken.get(guid, Taken(0, ()))
        if key in claimed or any(item_in(one) != item and one not in made.end for one in of_key.valid):
            made.verdicts.append(Verdict(guid, KEY_IN_USE, "同一编码已由清单中的另一事项占用，请核对后更正编码"))
            continue
        claimed.add(key)
        last = max(there.version if there else 0, of_key.highest)
        number = version_after(last or None, said.get(options.version))
        made.insert.append({**said, options.version: number, options.serial: f"{item}{number:04d}"})
        made.current[guid] = f"{item}{number:04d}"
        if there is not None and there.valid:
            made.end[there.serial] = REPLACED
    return made


def stands(row: Mapping[str, Any], options: KeyedOptions) -> bool:
    """Whether the item is to hold: it is public, and says of itself that it does."""
    said = row.get("ROW")
    return said is not None and str(said.get(options.valid)) != options.valid_values[1]


def _end(made: Plan, guid: str, there: Held | None) -> None:
    """The item holds no longer: its record stays, and says so."""
    if there is None:
        made.verdicts.append(Verdict(guid, WELL, ""))
        return
    made.current[guid] = there.serial
    if there.valid:
        made.end[there.serial] = WITHDRAWN


def refused_before(options: KeyedOptions, *, undecided: bool) -> Sequence[str]:
    """The states by which the library has refused records before this batch. Once it has the batch undecided they are
    its decision on it."""
    return options.refused if options.confirmed and not undecided else ()


def to_look_at_again(made: Plan, held: Mapping[str, Held], refused: Sequence[str]) -> list[str]:
    """Serials of records that stand as they are and were refused before: whoever sends one again asks for another look,
    and would be told what was said then."""
    standing = set(made.current.values()) - made.end.keys()
    return sorted(one.serial for one in held.values() if one.state in refused and one.serial in standing)


def version_after(held: int | None, stated: Any) -> int:
    """The version of another content: above the one there, and not below what the entry itself states."""
    given = int(stated) if str(stated).isdecimal() and len(str(stated)) < 10 else 1
    return max(given, 1) if held is None else max(held + 1, given)


def same(said: Mapping[str, Any], record: Mapping[str, Any], options: KeyedOptions) -> bool:
    """Whether two records say the same, apart from version, validity and state."""
    names = {name for name, value in (*said.items(), *record.items()) if value is not None} - options.own
    return all(said.get(name) == record.get(name) for name in names)


def shared(rows: Iterable[Mapping[str, Any]], options: KeyedOptions) -> dict[str, list[Record]]:
    """Records of the further tables, each key once, the last item's word counting; without a key there is no record."""
    found: dict[str, dict[tuple[str, ...], Record]] = {}
    for row in rows:
        for table, records in row.get("CHILDREN", {}).items():
            for one in records:
                key = tuple(str(one.get(name) or "") for name in options.keys.get(table, ()))
                if key and all(key):
                    serial = str(uuid5(NAMESPACE_OID, "|".join((table, *key))))
                    found.setdefault(table, {})[key] = {**one, options.serial: serial}
    return {table: list(records.values()) for table, records in found.items()}


def item_of(task_guid: str) -> str:
    """The item as serials begin with it."""
    return UUID(task_guid).hex


def item_in(serial: str) -> str:
    """The item a serial belongs to."""
    return serial[:_ITEM]


def verdicts(made: Plan, marks: Mapping[str, tuple[str, str]], options: KeyedOptions) -> Sequence[Verdict] | None:
    """What the library's job has made of the records; None while it has not looked at all of them.

    `marks` : serial -> (state, reason).
    """
    told = list(made.verdicts)
    for guid, serial in made.current.items():
        state, reason = marks.get(serial, ("", ""))
        if not options.confirmed or state in options.imported:
            told.append(Verdict(guid, WELL, ""))
        elif state in options.refused:
            told.append(Verdict(guid, REFUSED, kept(reason, 1_000)))
        else:
            return None
    return told
