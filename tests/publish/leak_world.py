"""Content that must not leave, marked and seeded wherever there is a place for it; and the texts of whatever goes out.

Marks are ASCII and unlike anything else, so that they are found in JSON, in XML, in archives and in the text of a PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from services.catalog.kinds.builtin import definitions
from services.publish.documents.bundles import rules as bundles
from services.publish.documents.bundles.jobs import OPERATIONS
from services.publish.documents.bundles.rules import Wish
from shared.identifiers import new_id
from shared.ledger import operations
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.publish import document_world, platform_world
from tests.publish.publishing import adjusted
from tests.publish.world import BORN, REGION, World

KIND = "implementation"
NOTE, LATE = "leak_note", "leak_later"
PHONE = "complaint_phone"
# Public, and to be found: what finds no mark where one is would prove nothing.
OPEN = "Open7x31c2"


@dataclass
class Marks:
    """Marks that were handed out, and what each stands for."""

    meaning: dict[str, str] = field(default_factory=dict)

    def new(self, meaning: str) -> str:
        """A text of its own for something that must not leave."""
        mark = f"Leak{len(self.meaning):03d}x{new_id().hex[-6:]}"
        self.meaning[mark] = meaning
        return mark

    def adopt(self, text: object, meaning: str) -> None:
        """What cannot be chosen freely, such as an id or a code, is a mark as well."""
        self.meaning[str(text)] = meaning

    def found_in(self, said: str, *, asked: Iterable[str] = ()) -> list[str]:
        """What of it a text says. What the caller has asked with may be echoed."""
        bare = "".join(said.split())
        for word in asked:
            bare = bare.replace(word, "")
        return [meaning for mark, meaning in self.meaning.items() if mark in bare]


@dataclass
class Seeded:
    """Where the marks are.

    Attributes
    ----------
    items : an entry with hidden elements, one for the staff alone, one that was public and became secret.
    archived : operations whose files were made while all that became secret later was public.
    """

    world: World
    marks: Marks
    list_id: UUID
    permits: UUID
    items: tuple[UUID, UUID, UUID]
    permit: UUID
    codes: list[str]
    period: UUID
    adjustment: UUID
    archived: list[UUID] = field(default_factory=list)


def _profile(hidden: Iterable[str]) -> list[dict[str, Any]]:
    """The shipped elements of the kind and those of ours; the hidden ones marked."""
    (shipped,) = [one for one in definitions() if one["code"] == KIND]
    newest = max((one for one in shipped["profiles"] if not one.get("offered")), key=lambda one: one["number"])
    ours = [{"key": key, "title": key, "type": "text"} for key in (NOTE, LATE)]
    secret = {"public": False, "withheld_because": "trade_secret"}
    return [one | secret if one["key"] in hidden else one for one in [*newest["elements"], *ours]]


async def _new_profile(world: World, hidden: Iterable[str]) -> None:
    await world.run(
        "INSERT INTO qingdan.element_profile (id, kind, number, valid_from, elements)"
        " SELECT :id, :kind, coalesce(max(number), 0) + 1, '2018-01-01', CAST(:elements AS jsonb)"
        " FROM qingdan.element_profile WHERE kind = :kind",
        id=new_id(), kind=KIND, elements=orjson.dumps(_profile(hidden)).decode(),
    )  # fmt: skip


async def seeded(world: World) -> Seeded:
    """Lists in several revisions with everything that must not leave somewhere in or beside them."""
    marks = Marks()
    await document_world.shipped(world, *document_world.TITLES)
    await _new_profile(world, {NOTE, PHONE, "windows"})
    hidden = {
        NOTE: marks.new("a hidden element"), PHONE: marks.new("a hidden element that documents know"),
        "windows": [document_world.WINDOW | {"address": marks.new("a row of a hidden element")}],
        "peer_fields": {"ROWGUID": marks.new("a row id of a peer")}, "withheld_because": marks.new("a ground"),
        LATE: marks.new("an element that becomes hidden"), "name": f"食品经营许可{OPEN}",
    }  # fmt: skip
    permits, (permit,) = await document_world.enter(world, "permit", [document_world.permit(world, 1)])
    code = "000131778000"
    marks.adopt(code, "the code of an entry for the staff")
    typed = orjson.dumps({"recorded_by": marks.new("who typed a decision in")}).decode()
    await world.run("UPDATE qingdan.list SET decision = decision || CAST(:by AS jsonb) WHERE id = :id",
                    id=permits, by=typed)  # fmt: skip
    staff = document_world.implementation(world, 2, audience="staff", name=marks.new("an entry for the staff"),
                                          base_code=code, implementation_code=None, materials=[
                                              {"name": marks.new("a material of an entry for the staff")}])  # fmt: skip
    later = document_world.implementation(world, 3, name="后来不公开的事项")
    list_id, items = await document_world.enter(
        world, KIND, [document_world.implementation(world, 1, **hidden), staff, later]
    )
    marks.adopt(items[1], "the id of an entry for the staff")
    adjustment = await _changed(world, marks, [items[0]], permits, permit)
    await world.update([items[2]], name=marks.new("what an entry said before it became secret"))
    found = Seeded(world, marks, list_id, permits, (items[0], items[1], items[2]), permit,
                   ["000131001000", code, "000131003000"], new_id(), adjustment)  # fmt: skip
    await _said(found)
    await _compiled(found)
    await _refused(found)
    await _archived(found)
    await world.update([items[2]], audience="staff", name=marks.new("what an entry says since it became secret"))
    await _new_profile(world, {NOTE, PHONE, "windows", LATE})
    await world.tell(NewEvent(type="profile.versioned", list_kind=KIND))
    await world.publish()
    return found


async def _changed(world: World, marks: Marks, items: list[UUID], permits: UUID, permit: UUID) -> UUID:
    """An adjustment whose papers say much that is nobody's business outside."""
    adjustment = await adjusted(
        world, [(items, {"consult_phone": "020-7", LATE: marks.new("an element that becomes hidden, changed")}),
                ([permit], {"validity": "六年"})], trigger="BASIS_ADDED",
    )  # fmt: skip
    by = {"recorded_by": marks.new("who recorded a decision"), "opinion": marks.new("an opinion beside a decision")}
    await world.run(
        "UPDATE qingdan.adjustment SET title = :title, reason = :reason, trigger_reference = :reference,"
        " legal_basis = :basis, decision = decision || CAST(:by AS jsonb) WHERE id = :id",
        id=adjustment, title=marks.new("the title of an adjustment"), reason=marks.new("the reason of an adjustment"),
        reference=marks.new("what an adjustment refers to"), basis=marks.new("the basis of an adjustment"),
        by=orjson.dumps(by).decode(),
    )  # fmt: skip
    await world.run("UPDATE qingdan.review_step SET opinion = :opinion, decided_by = :by WHERE adjustment_id = :id",
                    id=adjustment, opinion=marks.new("an opinion"), by=marks.new("who decided"))  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.attachment (id, adjustment_id, title, file_name, media_type, size, sha256, uploaded_by,"
        " uploaded_at) VALUES (:id, :adjustment, :title, :name, 'application/pdf', 1, 'x', 'account:x', :at)",
        id=new_id(), adjustment=adjustment, title=marks.new("the title of an attachment"),
        name=marks.new("the name of an attachment"), at=BORN,
    )  # fmt: skip
    return adjustment


async def _said(found: Seeded) -> None:
    """What was said of entries and drafts and is not public, or no longer: feedback and comments."""
    world, marks, (shown, _, later) = found.world, found.marks, found.items
    said = [(later, True, "feedback on an entry that became secret"), (shown, False, "feedback nobody has shown")]
    for number, (item, public, meaning) in enumerate(said):
        await world.run(
            "INSERT INTO qingdan.public_feedback (id, list_id, item_id, item_version, region_code, subject, text,"
            " receipt_hash, state, received_at, due_at, outcome, answer, shown, answered_by, answered_at)"
            " VALUES (:id, :list, :item, 1, :region, 'content', :text, :hash, 'answered', :at, :at, 'explained',"
            " :answer, :shown, 'account:x', :at)",
            id=new_id(), list=found.list_id, item=item, region=REGION, text=marks.new(meaning), at=BORN,
            answer=marks.new(f"the answer to {meaning}"), shown=public, hash=bytes([number]) * 32,
        )  # fmt: skip
    (step,) = await world.run("SELECT id FROM qingdan.review_step WHERE adjustment_id = :id AND number = 1",
                              id=found.adjustment)  # fmt: skip
    found.period = step["id"]
    await world.run(
        "INSERT INTO qingdan.comment_period (id, adjustment_id, region_code, title, explanation, documents, opens_at,"
        " closes_at, opened_by, summarised_by) VALUES (:id, :adjustment, :region, '征求意见', '说明', '[]', :at,"
        " '2199-01-01', :by, NULL)",
        id=found.period, adjustment=found.adjustment, region=REGION, at=BORN, by=marks.new("who opened a period"),
    )  # fmt: skip
    comment = new_id()
    await world.run(
        "INSERT INTO qingdan.public_comment (id, period_id, said_by, text, text_digest, receipt_hash, received_at)"
        " VALUES (:id, :period, 'citizen', :text, '\\x01', '\\x02', :at)",
        id=comment, period=found.period, text=marks.new("a comment before there is a summary"), at=BORN,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.comment_answer (id, period_id, outcome, answer, answered_by, answered_at)"
        " VALUES (:id, :period, 'adopted', :answer, 'account:x', :at)",
        id=comment, period=found.period, answer=marks.new("an answer before there is a summary"), at=BORN,
    )  # fmt: skip


async def _compiled(found: Seeded) -> None:
    """What lies beside entries: an uploaded file of one that became secret, and a draft."""
    world, marks, (shown, _, later) = found.world, found.marks, found.items
    content = marks.new("review rules of an entry that became secret").encode()
    await world.run(
        "INSERT INTO qingdan.review_rules_file (id, item_id, number, file_name, media_type, content, sha256, size,"
        " state, uploaded_by, uploaded_at) VALUES (:id, :item, 1, :name, 'text/plain', :content, 'x', 1, 'current',"
        " :by, :at)",
        id=new_id(), item=later, name=marks.new("the name of a file"), content=content, by=marks.new("who uploaded"),
        at=BORN,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id,"
        " source_version, elements, reason, opinion) VALUES (:id, 'rule', 1, :list, :kind, :region, :item, :item, 1,"
        " CAST(:elements AS jsonb), :reason, :opinion)",
        id=new_id(), list=found.list_id, kind=KIND, region=REGION, item=shown, reason=marks.new("why there is a draft"),
        elements=orjson.dumps({"name": marks.new("what a draft proposes")}).decode(),
        opinion=marks.new("an opinion on a draft"),
    )  # fmt: skip


async def _refused(found: Seeded) -> None:
    """What was not taken, by us or by others, and what was said of it: rows of files, remarks of peers and partners."""
    world, marks, item = found.world, found.marks, found.items[0]
    talk = await platform_world.exchange(world, None, "none")
    cells = orjson.dumps([marks.new("a cell of a refused row"), marks.new("another cell")]).decode()
    wrong = orjson.dumps([{"column": "x", "code": "y", "message": marks.new("why a row was refused")}]).decode()
    given = {
        "id": new_id(), "item": item, "list": found.list_id, "peer": talk.partner.id, "kind": KIND, "region": REGION,
        "file": marks.new("the name of an imported file"), "reason": marks.new("the reason of an import"),
        "basis": marks.new("the basis of an import"), "by": marks.new("who imported"), "cells": cells, "wrong": wrong,
        "name": marks.new("the name of a refused row"), "guid": new_id(), "at": BORN,
        "elements": orjson.dumps({"name": marks.new("what a refused row says")}).decode(),
        "remark": marks.new("what a peer says of a row"), "later": marks.new("what a peer says of a row later"),
        "external": marks.new("the id of a pulled entry"), "unread": marks.new("why a pulled entry was not read"),
        "pulled": orjson.dumps({"TASK_NAME": marks.new("what a pulled entry says")}).decode(),
        "error": marks.new("why an item is parked"), "last": marks.new("the last error of a peer"),
    }  # fmt: skip
    for statement in _OF_REFUSED:
        await world.run(statement, **{name: given[name] for name in re.findall(r"(?<!:):([a-z]+)", statement)})


_OF_REFUSED = (
    "INSERT INTO qingdan.import_run (operation_id, list_kind, region_code, list_ids, profile, profile_version,"
    " file_name, spool, dry_run, reason, legal_basis, created_by)"
    " VALUES (:id, :kind, :region, ARRAY[CAST(:list AS uuid)], 'x', 1, :file, 'x', false, :reason, :basis, :by)",
    "INSERT INTO qingdan.import_row (operation_id, row, item_id, handling_item, elements, errors, notes, cleared,"
    " source) VALUES (:id, 1, :item, '', CAST(:elements AS jsonb), CAST(:wrong AS jsonb), '[]', '{}', :cells)",
    "INSERT INTO qingdan.import_outcome (operation_id, row, outcome, list_id, item_id, name, errors, notes, source)"
    " VALUES (:id, 1, 'rejected', :list, :item, :name, CAST(:wrong AS jsonb), '[]', :cells)",
    "INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)"
    " VALUES ('none', :item, 'publish', 1, 'x', :error, :error)",
    "INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid, state,"
    " batch, err_type, remark) VALUES (:peer, :item, 1, :list, 1, 'I', :guid, 'rejected', 'x', '05', :remark)",
    "INSERT INTO qingdan.peer_feedback (peer_id, feedback_id, row_guid, err_type, remark, item_id, task_version)"
    " VALUES (:peer, 'x', CAST(:guid AS uuid), '05', :later, :item, 1)",
    "INSERT INTO qingdan.pulled_entry (peer_id, external_id, version, item_id, payload, remark)"
    " VALUES (:peer, :external, 1, gen_random_uuid(), CAST(:pulled AS jsonb), :unread)",
    "UPDATE qingdan.peer_progress SET last_error = :last, failures = 1, failed_at = :at WHERE peer_id = :peer",
)


async def _archived(found: Seeded) -> None:
    """Files made of what is still public."""
    for wish in (
        Wish(what="guide", format="json", list_id=found.list_id),
        Wish(what="annex", format="json", list_id=found.list_id),
    ):
        async with begin(found.world.engine, service="publish", actor="account:test") as tx:
            operation = await operations.create(tx, kind=bundles.KIND, parameters=wish.stored())
        await operations.execute(found.world.engine, "publish", {one.kind: one for one in OPERATIONS}, operation)
        found.archived.append(operation)
