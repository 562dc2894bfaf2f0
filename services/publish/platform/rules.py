"""Decisions of the exchange with a platform: batch numbers, what rows say, what an answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.publish.platform.mapping import Half
from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.translation import Untranslatable, content_hash, outward

# What a platform says when all is well (REST item library of 2019-20).
WELL = "00"
# The platform never saw the row: our own mapping profile has no counterpart for one of its values.
UNMAPPED = "UNMAPPED"
_DAY_DIGITS = 8
_LAST_OF_DAY = 99_999
# A platform that is down for a day is asked once a minute or so; one that stumbled, at once.
RETRY_FIRST = 0.5
RETRY_MOST = 60.0
# Retry-After is believed up to here.
LONGEST_ASKED = 3600.0
LONGEST_REMARK = 1_000
# What a version of a row is stored as: 32 bits.
LAST_VERSION = 2**31 - 1
# Deeper than any aggregate of the contract.
DEEPEST = 12


@dataclass(frozen=True)
class Queued:
    """A row that is being sent, beside what the public sees of its item now.

    Attributes
    ----------
    body : the public body, with `linked` where the profile makes rows of links; None when nobody outside may see the
        item.
    held_table : the main table the item was last sent to; None when it never was.
    """

    item_id: UUID
    task_version: int
    row_guid: UUID
    operation: str
    body: Mapping[str, Any] | None
    held_table: str | None = None


def code_of(told: str, accepted: Collection[str]) -> str:
    """A platform's code of a row in the exchange's own: what means accepted there is `00`, and nothing else is."""
    return WELL if told in accepted else f"CODE{told}" if told == WELL else told


@dataclass(frozen=True)
class Verdict:
    """What became of one row: `code` is `00` or says what is wrong, `remark` says it for people.

    `held` : the version the platform holds of the item, when it refused the row because that is not older.
    """

    row_guid: str
    code: str
    remark: str
    held: int | None = None


def next_batch_number(day: date, last: str | None) -> str:
    """The number after `last`: the day and five digits, the second of 11 April 2019 is 2019041100002.

    Numbers rise even when the clock is set back.

    Raises
    ------
    ValueError
        The day has had 99,999 batches.
    """
    today = day.strftime("%Y%m%d")
    if last is None or last[:_DAY_DIGITS] < today:
        return f"{today}{1:05d}"
    serial = int(last[_DAY_DIGITS:]) + 1
    if serial > _LAST_OF_DAY:
        raise ValueError(f"no batch number is left for {last[:_DAY_DIGITS]}")
    return f"{last[:_DAY_DIGITS]}{serial:05d}"


def retry_seconds(failures: int, *, spread: float, asked: float | None = None) -> float:
    """How long to wait after so many failures in a row: doubling, at least what the platform asks for.

    `spread` is a random factor from 0.5 to 1, so that many installations do not come back in step.
    """
    waited = min(RETRY_FIRST * 2.0 ** min(failures, 20), RETRY_MOST) * spread
    return max(waited, min(asked or 0.0, LONGEST_ASKED))


def batch_size(wanted: int, rows_per_second: int | None) -> int:
    """Rows of the next batch: never more than a second's worth of what the platform is to get."""
    return wanted if rows_per_second is None else max(1, min(wanted, rows_per_second))


def wire(queued: Sequence[Queued], profile: Profile, at: datetime) -> tuple[list[dict[str, Any]], list[Verdict]]:
    """The rows as they are sent, and verdicts on those that the mapping profile cannot express.

    What nobody outside may see any more is sent as a deletion, whatever it was when it was queued. TABLE_BEFORE names
    the table an item was sent to when it was of another family.
    """
    rows: list[dict[str, Any]] = []
    unsent: list[Verdict] = []
    told_at = at.strftime("%Y%m%d%H%M%S")
    for one in queued:
        control = {
            "TASK_GUID": str(one.item_id), "ROW_GUID": str(one.row_guid), "TASK_VERSION": one.task_version,
            "CD_TIME": told_at,
        }  # fmt: skip
        if one.body is None or one.operation == "D":
            rows.append(control | {"CD_OPERATION": "D", "TABLE": table_of(one, profile)})
            continue
        half = half_of(one.body, profile)
        try:
            said = outward(half, told_of(one.body), one.body.get("linked"))
        except Untranslatable as error:
            unsent.append(Verdict(str(one.row_guid), UNMAPPED, str(error)))
            continue
        moved = {"TABLE_BEFORE": one.held_table} if one.held_table not in (None, half.table) else {}
        rows.append(control | {"CD_OPERATION": one.operation, "TABLE": half.table} | moved | said)
    return rows, unsent


def table_of(one: Queued, profile: Profile) -> str:
    """The main table a row goes to; a deletion goes where the item was last sent."""
    if one.body is None or one.operation == "D":
        return one.held_table or profile.push.table
    return half_of(one.body, profile).table


def half_of(body: Mapping[str, Any], profile: Profile) -> Half:
    """The tables a public body is pushed as."""
    return profile.half(str(body.get("kind") or ""), str(body["elements"].get("item_type") or ""))


def told_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a profile may name: the elements, and the region of the list unless an element is called so."""
    return {"region_code": body.get("region_code"), **body["elements"]}


def published_hash(body: Mapping[str, Any], profile: Profile) -> str | None:
    """What the platform's hash of an item should be; None when the mapping profile cannot express the item."""
    try:
        return content_hash(outward(half_of(body, profile), told_of(body), body.get("linked")))
    except Untranslatable:
        return None


class BadAnswer(Exception):
    """The platform answered, but not as the contract says."""


def verdicts(data: Mapping[str, Any], sent: Iterable[str]) -> list[Verdict]:
    """The verdicts of an answer on the rows that were sent; rows it does not mention have none.

    Raises
    ------
    BadAnswer
        `list` is missing or a verdict cannot be read.
    """
    told = data.get("list")
    if not isinstance(told, list):
        raise BadAnswer("应答缺少 data.list")
    asked, found = set(sent), {}
    for one in told:
        if not isinstance(one, Mapping) or not isinstance(one.get("ROW_GUID"), str):
            raise BadAnswer("应答中的行缺少 ROW_GUID")
        if one["ROW_GUID"] in asked:
            code = kept(one.get("CODE"), 50)
            if not code:
                raise BadAnswer("应答中的行缺少 CODE")
            remark = kept(one.get("REMARK"), LONGEST_REMARK)
            found[one["ROW_GUID"]] = Verdict(one["ROW_GUID"], code, remark, _version(one.get("TASK_VERSION")))
    return list(found.values())


def _version(value: Any) -> int | None:
    """A version a row of ours can be above; None when there is none."""
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LAST_VERSION
    return value if sound else None


@dataclass(frozen=True)
class Feedback:
    """One message of the platform's quality control (DN_AUDIT_ABNORMAL)."""

    feedback_id: str
    row_guid: str | None
    batch: str | None
    err_type: str
    remark: str
    table_name: str | None


def feedback_of(data: Mapping[str, Any]) -> tuple[list[Feedback], str]:
    """The messages of a page and the cursor after it.

    Raises
    ------
    BadAnswer
        A message without an id, or no cursor.
    """
    told, cursor = data.get("list"), data.get("CURSOR")
    if not isinstance(told, list) or not isinstance(cursor, (str, int)):
        raise BadAnswer("反馈缺少 data.list 或 data.CURSOR")
    found = []
    for one in told:
        if not isinstance(one, Mapping) or not isinstance(one.get("ID"), (str, int)):
            raise BadAnswer("反馈中的行缺少 ID")
        found.append(
            Feedback(
                feedback_id=kept(one["ID"], 100),
                row_guid=kept(one.get("TABLE_ROW_GUID"), 100) or None,
                batch=kept(one.get("TABLE_CD_BATCH"), 50) or None,
                err_type=kept(one.get("ERR_TYPE"), 50) or "?",
                remark=kept(one.get("REMARK"), LONGEST_REMARK),
                table_name=kept(one.get("TABLE_NAME"), 100) or None,
            )
        )
    return found, kept(cursor, 500)


_ROW_GUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def row_named(text: str | None) -> UUID | None:
    """The ROW_GUID a message names, whichever case the platform writes it in; None when it is none of ours."""
    return UUID(text) if text is not None and _ROW_GUID.fullmatch(text) else None


def kept(value: Any, most: int) -> str:
    """Text of the other side, as much of it as is kept, without what the database does not hold."""
    text = "" if value is None or isinstance(value, (dict, list)) else str(value)
    return "".join(one for one in text if one != "\0" and not "\ud800" <= one <= "\udfff")[:most]


@dataclass(frozen=True)
class Aggregate:
    """An entry of a superior's catalogue as it was pulled; `gone`: without content, it counts as cancelled."""

    external_id: str
    version: int
    payload: Mapping[str, Any]
    gone: bool = False


def aggregates_of(data: Mapping[str, Any]) -> tuple[list[Aggregate], str]:
    """The entries of a page of a catalogue and the cursor after it; of two versions of an entry the higher or
    later one.

    Raises
    ------
    BadAnswer
        No cursor, or an entry without id or version.
    """
    told, stamp, last = data.get("list"), data.get("LASTTIMESTAMP"), data.get("LASTID", "")
    if not isinstance(told, list) or isinstance(stamp, bool) or not isinstance(stamp, int):
        raise BadAnswer("目录缺少 data.list 或 data.LASTTIMESTAMP")
    found: dict[str, Aggregate] = {}
    for one in told:
        key, version = (one.get("ITEM_ID"), one.get("TASK_VERSION")) if isinstance(one, Mapping) else (None, None)
        if not isinstance(key, (str, int)) or isinstance(version, bool) or not isinstance(version, int):
            raise BadAnswer("目录中的事项缺少 ITEM_ID 或 TASK_VERSION")
        if not 0 <= version < 2**63:
            raise BadAnswer("目录中的 TASK_VERSION 超出范围")
        name = kept(key, 200)
        if name not in found or found[name].version <= version:
            found[name] = Aggregate(name, version, one)
    return list(found.values()), f"{stamp}|{kept(last, 200)}"


def storable(value: Any, depth: int = 0) -> Any:
    """What jsonb can hold of a foreign document: NUL and lone surrogates replaced, endless nesting cut off."""
    if isinstance(value, str):
        return "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in value)
    if isinstance(value, dict):
        return {storable(key): storable(one, depth + 1) for key, one in value.items()} if depth < DEEPEST else None
    if isinstance(value, list):
        return [storable(one, depth + 1) for one in value] if depth < DEEPEST else None
    return value


def catalogue_cursor(cursor: str) -> tuple[int, str]:
    """Instant (milliseconds) and id behind which the next page begins; from the start when the cursor is empty."""
    stamp, _, last = cursor.partition("|")
    return int(stamp or 0), last
