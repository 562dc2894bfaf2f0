"""The trial beside the demo's installation: a county of 2017 on a database of its own, whose time is told by a file."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from deploy.demo import repository
from deploy.demo.first_edition import settle
from deploy.demo.people import Person
from deploy.demo.world import GROUNDS, World
from shared import clock, installation, migrate
from shared.codes import credit_code
from shared.codes.item_code import BaseCode
from shared.installation import Place
from shared.system import System

PROVINCE, CITY, COUNTY = "130000000000", "130700000000", "130731000000"
REGIONS = (
    ("130000", "河北省", "province", None),
    ("130700", "张家口市", "city", "130000"),
    ("130731", "涿鹿县", "county", "130700"),
)
ORGANS = {
    "department": "涿鹿县农牧局", "joint": "涿鹿县市场监督管理局", "legal": "涿鹿县人民政府法制办公室",
    "approval": "涿鹿县行政审批局",
}  # fmt: skip
POSTS: dict[str, tuple[str, str, str | None]] = {
    "compiler": ("农牧局编制岗", "compiler", "department"),
    "principal": ("农牧局负责人岗", "principal", "department"),
    "reviewer": ("县审改办审核岗", "reviewer", None),
    "joint": ("市场监管局会审岗", "joint_reviewer", "joint"),
    "assessor": ("行政审批局征求意见岗", "assessor", "approval"),
    "legal": ("法制办审查岗", "legality_reviewer", "legal"),
    "decider": ("县政府审定岗", "decider", None),
    "lead": ("清单牵头岗", "list_authority", None),
}
# Of the right form, but of no organ that exists.
CREDIT_CODE = credit_code.generate(authority="1", category="1", region="130731", organisation_body="00000001").value
NEEDED, SUPERFLUOUS = "申请表", "村民委员会证明"
PERMIT = "动物诊疗许可证核发"
BEGINS = "2017-08-21 09:00"
PATIENCE_SECONDS = 60
ADJUSTMENTS = "/workflow/v1/adjustments"


class Calendar:
    """The file that tells the trial's processes, and this one, the time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def at(self, moment: str) -> None:
        """Go on to an instant of Beijing."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(datetime.fromisoformat(moment).replace(tzinfo=clock.ZONE).isoformat())
        os.replace(fresh, self._file)
        clock.simulate(self._file)


@contextlib.contextmanager
def trial(place: Place) -> Iterator[tuple[World, Calendar]]:
    """A second installation on the same servers: own database, own queue, own time."""
    state = place.state / "trial"
    state.mkdir(exist_ok=True)
    name = f"trial_{secrets.token_hex(4)}"
    asyncio.run(repository.make_database(place.database_url, name))
    own = make_url(place.database_url).set(database=name).render_as_string(hide_password=False)
    migrate.upgrade(own)
    there = Place(state, own, make_url(place.redis_url).set(database="1").render_as_string(hide_password=False))
    calendar = Calendar(state / "calendar")
    calendar.at(BEGINS)
    environment = there.environment | {
        "QINGDAN_SECRETS_DIR": str(place.secrets), "QINGDAN_SIMULATED_CLOCK": str(state / "calendar"),
        "QINGDAN_GATHER_SECONDS": "0",
    }  # fmt: skip
    try:
        installation.administrator(Place(place.state, own, there.redis_url))
        with System(environment, logs=state / "logs") as system:
            password = (place.secrets / "account-admin.password").read_text().strip()
            yield World(system, there, Person(system, "admin", password)), calendar
    finally:
        clock.use(None)
        asyncio.run(repository.drop_database(place.database_url, name))


def begin(world: World) -> str:
    """The county, its organs and posts, a list in force, and an adjustment that drops a material."""
    regions = [
        {"code": code, "name": name, "level": level, "kind": "administrative", "parent_code": parent}
        for code, name, level, parent in REGIONS
    ]
    world.admin.put("/catalog/v1/regions", {"items": regions, **GROUNDS})
    for key, name in ORGANS.items():
        body = {"name": name, "kind": "department", "region_code": COUNTY, "administrative_subject": True, **GROUNDS}
        body |= {"credit_code": CREDIT_CODE} if key == "department" else {}
        world.organs[key] = world.admin.post("/catalog/v1/organs", body)["id"]
    for login, (title, role, organ) in POSTS.items():
        world.people[login] = _appoint(world, login, title, role, organ)
    for role, organ in (("joint_reviewer", "joint"), ("legality_reviewer", "legal"), ("assessor", "approval")):
        body = {"region_code": COUNTY, "role": role, "organ_id": world.organs[organ], "source": "演示"}
        world.admin.post("/workflow/v1/role-bindings", body)
    bound = {"region_code": COUNTY, "kinds": ["modify"], "template_code": "full_with_public_comment", "source": "演示"}
    world.admin.post("/workflow/v1/procedure-bindings", bound)
    return _open(world, _list_in_force(world))


def _appoint(world: World, login: str, title: str, role: str, organ: str | None) -> Person:
    password = f"{secrets.token_urlsafe(12)}-Qd7"
    held = {"role": role, "region_code": COUNTY, "organ_id": world.organs[organ] if organ else None}
    body = {"login": login, "name": title, "password": password, "organ_id": held["organ_id"], "roles": [held]}
    world.admin.post("/catalog/v1/accounts", body | GROUNDS)
    return Person(world.system, login, password)


def _list_in_force(world: World) -> str:
    """A permit list of one entry; the entry."""
    body = {"kind": "permit", "region_code": COUNTY, "lead_organ_id": world.organs["approval"],
            "member_organ_ids": [world.organs["department"]], **GROUNDS}  # fmt: skip
    list_id = world.admin.post("/catalog/v1/lists", body)["id"]
    code = BaseCode.generate(area="00", type_code="01", department="20", main=101).value
    entry = {
        "name": PERMIT, "base_code": code, "implementation_code": f"{CREDIT_CODE}4{code}", "item_type": "01",
        "level": "4", "state": "in_use", "implementing_body": world.organs["department"],
        "basis": [{"document": "中华人民共和国动物防疫法", "article": "第五十一条", "kind": "set",
                   "document_kind": "law"}],
        "materials": [{"name": name, "necessity": "required"} for name in (NEEDED, SUPERFLUOUS)],
    }  # fmt: skip
    answer = world.people["lead"].post(
        f"/catalog/v1/lists/{list_id}/items", {"items": [{"elements": entry}], **GROUNDS}
    )
    decision = {"meeting": "演示会议", "date": "2017-08-18", "number": "演示〔2017〕1号"}
    world.people["decider"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": decision, **GROUNDS})
    settle(world)
    return str(answer["rows"][0]["item_id"])


def _open(world: World, entry: str) -> str:
    compiler = world.people["compiler"]
    materials = [{"name": NEEDED, "necessity": "required"}]
    opened = compiler.post(
        ADJUSTMENTS,
        {
            "title": f"{PERMIT}：取消{SUPERFLUOUS}", "trigger": "LOCAL_INITIATIVE", "trigger_reference": "演示",
            "legal_basis": "《中华人民共和国动物防疫法》第五十一条", "reason": "该材料没有法定依据",
            "organ_id": world.organs["department"],
            "changes": [{"operation": "modify", "item_id": entry, "elements": {"materials": materials}}],
        },
    )  # fmt: skip
    path = f"{ADJUSTMENTS}/{opened['id']}"
    compiler.post(f"{path}/submit")
    until(lambda: world.admin.get(path)["state"] == "signing", "the submission is not checked")
    seal = {"reference": "演示档案 principal", "sha256": hashlib.sha256(b"trial").hexdigest()}
    world.people["principal"].post(f"{path}/sign", {"seal": seal})
    return str(opened["id"])


def until(holds: Any, complaint: str) -> Any:
    """Ask again until the answer is true; the answer."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (answer := holds()):
        if time.monotonic() > end:
            raise RuntimeError(complaint)
        time.sleep(0.05)
    return answer
