"""A published implementation list and permit list with the profiles the product ships, for tests of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as counting
from typing import Any
from uuid import UUID

import orjson

from services.catalog.kinds.builtin import definitions
from shared.identifiers import new_id
from tests.publish.world import REGION, World

TITLES = {"implementation": "实施清单", "permit": "行政许可事项清单", "responsibility": "责任清单",
          "follow_up_supervision": "后续监管清单"}  # fmt: skip
NUMBERS = counting(1)
NASTY = "<script>alert('x')</script>&\"𠮷"
DAYS = {"amount": 3, "unit": "working_day"}
STEPS = [
    {"name": "申请", "stage": "apply"},
    {"name": "受理", "stage": "accept", "handler": "窗口工作人员", "limit": {"amount": 1, "unit": "working_day"}},
    {"name": "现场核查", "stage": "review", "special": True, "limit": DAYS, "standard": "场所与布局图一致"},
    {"name": f"决定{NASTY}", "stage": "decide", "body": "审批股", "limit": DAYS},
]
MATERIALS = [
    {"name": "食品经营许可申请书", "necessity": "required", "form": "both", "originals": 1, "source": "applicant",
     "basis": "《食品经营许可和备案管理办法》第十二条"},
    {"name": "场所布局图", "necessity": "deferrable", "form": "paper", "copies": 2, "source": "applicant"},
]  # fmt: skip
WINDOW = {"name": "一楼3号窗口", "address": "政务大厅一楼", "hours": "工作日9:00-17:00", "phone": "020-12345"}


@dataclass
class Documents:
    """Lists and entries that documents are made of."""

    world: World
    implementation: UUID
    permits: UUID
    item: UUID
    permit: UUID
    items: list[UUID]


def implementation(world: World, number: int = 1, **more: Any) -> dict[str, Any]:
    """An implementation entry with everything a guide needs; steps and conditions come from the permit."""
    base = f"000131{number:03d}000"
    return world.elements(number) | {
        "name": f"食品经营许可{number}", "base_code": base,
        "implementation_code": f"11440100MB2C0000003{base}",
        "basis": [{"kind": "set", "document_kind": "law", "document": "食品安全法", "number": "主席令第22号",
                   "article": "第三十五条"}],
        "materials": MATERIALS, "promised_limit": {"amount": 10, "unit": "working_day"}, "charged": False,
        "windows": [WINDOW], "complaint_phone": "12345", "consult_phone": "020-12345",
        "handling_forms": ["window", "web"],
    } | more  # fmt: skip


def permit(world: World, number: int = 1, **more: Any) -> dict[str, Any]:
    """Its permit, with the specification: steps, conditions, standards."""
    own = implementation(world, number)
    kept = ("name", "base_code", "implementation_code", "handling_item", "item_type", "level", "implementing_body",
            "state", "basis", "statutory_limit", "materials")  # fmt: skip
    return {key: own[key] for key in kept} | {
        "process_steps": STEPS, "conditions": ["具有与经营的食品品种、数量相适应的场所"],
        "special_procedures": [{"name": "现场核查", "kind": "site_inspection", "limit": DAYS}],
        "validity": "五年", "supervising_body": own["implementing_body"], "supervision_measures": ["日常检查"],
    } | more  # fmt: skip


async def shipped(world: World, *kinds: str) -> None:
    """The kinds the product ships, with their profiles that are not only offered."""
    for one in definitions():
        if one["code"] not in kinds:
            continue
        await world.run(
            "INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:code, :title, 'built_in')"
            " ON CONFLICT DO NOTHING",
            code=one["code"], title=one["title"],
        )  # fmt: skip
        for profile in one["profiles"]:
            if profile.get("offered"):
                continue
            await world.run(
                "INSERT INTO qingdan.element_profile (id, kind, number, valid_from, elements)"
                " VALUES (:id, :kind, :number, '2017-01-01', CAST(:elements AS jsonb)) ON CONFLICT DO NOTHING",
                id=new_id(), kind=one["code"], number=profile["number"],
                elements=orjson.dumps(profile["elements"]).decode(),
            )  # fmt: skip


async def of_kind(world: World, kind: str) -> UUID:
    """The list of a shipped kind of the region, made when it is not there: a region has one of each."""
    known = await world.run("SELECT id FROM qingdan.list WHERE kind = :kind AND region_code = :region",
                            kind=kind, region=REGION)  # fmt: skip
    list_id: UUID = known[0]["id"] if known else new_id()
    world.lists[list_id] = kind
    if known:
        return list_id
    await world.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state, decision)"
        " VALUES (:id, :kind, :region, :title, :organ, 'compiling', CAST(:decision AS jsonb))",
        id=list_id, kind=kind, region=REGION, organ=world.organ, title=f"广州市{TITLES[kind]}",
        decision=orjson.dumps({"date": "2026-01-04", "number": "穗府〔2026〕1号"}).decode(),
    )  # fmt: skip
    await world.enact(list_id)
    return list_id


async def enter(world: World, kind: str, entries: Sequence[dict[str, Any]]) -> tuple[UUID, list[UUID]]:
    """Entries of a kind, published."""
    list_id = await of_kind(world, kind)
    items = await world.add(list_id, entries)
    await world.tell(world.event("item.created", items))
    await world.publish()
    return list_id, items


async def published(world: World, count: int = 1, **more: Any) -> Documents:
    """`count` implementation entries with their permits, published; the first one says `more` as well."""
    await shipped(world, *TITLES)
    numbers = [next(NUMBERS) for _ in range(count)]
    permits, above = await enter(world, "permit", [permit(world, number) for number in numbers])
    own, items = await enter(world, "implementation", [
        implementation(world, number, **(more if number == numbers[0] else {})) for number in numbers])  # fmt: skip
    return Documents(world, own, permits, items[0], above[0], items)
