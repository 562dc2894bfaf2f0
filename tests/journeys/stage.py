"""The stage of the journeys: the running system by the names the stories use, and what people do on it over HTTP."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from deploy.demo.people import Person
from shared.installation import Place
from shared.system import ROOT, System
from tests.journeys import entries

NATION, PROVINCE, CITY, COUNTY = "000000000000", "130000000000", "130900000000", "130922000000"
ZONE, TOWN = "130922-KFQ", "130922100000"
REGIONS = (
    ("130000", "河北省", "province", "administrative", None),
    ("130900", "沧州市", "city", "administrative", "130000"),
    ("130922", "青县", "county", "administrative", "130900"),
    ("130922100", "马厂镇", "township", "administrative", "130922"),
    (ZONE, "青县经济开发区", "county", "zone", "130922"),
)
ORGANS = {
    "approval": ("青县行政审批局", "department", COUNTY, "0000000A"),
    "market": ("青县市场监督管理局", "department", COUNTY, "0000000B"),
    "outside": ("青县气象局", "institution_with_administrative_duties", COUNTY, "0000000C"),
    "zone": ("青县经济开发区管理委员会", "zone_committee", ZONE, "0000000D"),
    "province": ("河北省政务服务管理办公室", "department", PROVINCE, "0000000E"),
}
MIRRORS = ("power", "catalogue", "implementation")
FOLLOWERS = (*MIRRORS, "follow_up_supervision", "internet_supervision", "investment_approval")
REFERRING = ("market_access_negative", "construction_approval", "one_seal_transfer")
COUNTY_KINDS = ("permit", *FOLLOWERS, *REFERRING)
ZONE_KINDS = ("permit", "power")
# login -> title, roles (role, region, organ)
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "bianzhi-01": ("审批局编制岗", [("compiler", COUNTY, "approval")]),
    "fuze-01": ("审批局负责人岗", [("principal", COUNTY, "approval")]),
    "bianzhi-02": ("市场监管局编制岗", [("compiler", COUNTY, "market")]),
    "bianzhi-03": ("气象局编制岗", [("compiler", COUNTY, "outside")]),
    "kfq-bianzhi": ("开发区编制岗", [("compiler", ZONE, "zone")]),
    "kfq-fuze": ("开发区负责人岗", [("principal", ZONE, "zone")]),
    "shengai-01": ("审改办审核岗", [("reviewer", COUNTY, None)]),
    "fazhi-01": ("司法局合法性审查岗", [("legality_reviewer", COUNTY, None)]),
    "zhengfu-01": ("县政府审定岗", [("decider", COUNTY, None)]),
    "sheng-01": ("省级清单审定岗", [("decider", PROVINCE, None), ("list_authority", PROVINCE, None)]),
    "qingdan-01": ("清单牵头岗", [("list_authority", COUNTY, None)]),
}
PASSWORD = "Qd-journey-of-posts-7"
GROUNDS = {"reason": "首次编制", "legal_basis": "国办发〔2022〕2号"}
DECISION = {"meeting": "县政府第12次常务会议", "date": "2026-01-05", "number": "青政发〔2026〕1号"}
# One permit for each story, so that none depends on what another left behind.
PERMITS = (
    "食品经营许可", "特种设备使用登记", "药品零售许可", "公共场所卫生许可", "建筑工程施工许可", "道路货物运输经营许可",
    "取水许可", "林木采伐许可", "娱乐场所设立许可", "出版物零售许可", "人力资源服务许可", "民办学校设立许可",
    "拍卖业务许可", "互联网上网服务营业场所经营许可", "危险化学品经营许可", "烟花爆竹经营许可",
)  # fmt: skip
# Not among the permits of the county, but known to the superior's master list.
SPARE = range(50, 70)
# Longer than any wait of a healthy system; only a broken one is waited for that long.
PATIENCE_SECONDS = 90.0
IDLE = """SELECT coalesce(bool_and(c.position >= h.position), false)
FROM qingdan.log_head h LEFT JOIN qingdan.consumer c ON true"""


@dataclass
class Stage:
    """The running system and what is registered in it, by the names the stories use."""

    system: System
    place: Place
    admin: Person
    organs: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)
    posts: dict[str, Person] = field(default_factory=dict)
    permits: dict[str, str] = field(default_factory=dict)

    # -- reading -------------------------------------------------------------------------------------------------

    def item(self, item_id: str) -> Any:
        """An entry as staff see it."""
        return self.admin.get(f"/catalog/v1/items/{item_id}")

    def elements(self, item_id: str) -> dict[str, Any]:
        """What an entry says now."""
        found: dict[str, Any] = self.item(item_id)["elements"]
        return found

    def about(self, permit: str) -> dict[str, str]:
        """Kind -> entry that the county keeps about a permit."""
        code = entries.base_code(PERMITS.index(permit) + 1)
        found = self.admin.all_of("/catalog/v1/items", code=code)
        return {row["kind"]: row["id"] for row in found if row["region_code"] == COUNTY}

    def public(self, path: str, **options: Any) -> httpx.Response:
        """What a citizen without a login gets."""
        address = f"{self.system.url('publish')}/publish/v1{path}"
        return httpx.get(address, timeout=30, trust_env=False, **options)

    def feed(self, after: int = 0) -> list[dict[str, Any]]:
        """Every event of the public feed after a number."""
        events: list[dict[str, Any]] = []
        while page := self.public("/feed", params={"after": after, "limit": 500}).json():
            events += page
            after = int(page[-1]["sequence"])
        return events

    def ask(self, question: str, *given: Any) -> Any:
        """One value of the database: what no API tells, e.g. whether the consumers are idle."""
        return asyncio.run(self._ask(question, given))

    async def _ask(self, question: str, given: tuple[Any, ...]) -> Any:
        connection = await asyncpg.connect(self.place.database_url)
        try:
            return await connection.fetchval(question, *given)
        finally:
            await connection.close()

    # -- waiting -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until every consumer has taken note of everything."""
        asyncio.run(self._settle())

    async def _settle(self) -> None:
        """On one connection: to make one takes the processor far longer than the answer."""
        connection = await asyncpg.connect(self.place.database_url)
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while not await connection.fetchval(IDLE):
                if time.monotonic() > end:
                    raise AssertionError("the consumers do not come to rest")
                await asyncio.sleep(0.05)
        finally:
            await connection.close()

    def until(self, holds: Any, complaint: str) -> Any:
        """Ask again and again until the answer is true; the answer."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (answer := holds()):
            if time.monotonic() > end:
                raise AssertionError(complaint)
            time.sleep(0.05)
        return answer

    # -- acting --------------------------------------------------------------------------------------------------

    def header(self, title: str, organ: str = "approval", **more: Any) -> dict[str, Any]:
        """What an adjustment says about itself."""
        return {
            "title": title, "trigger": "LOCAL_INITIATIVE", "trigger_reference": "县政府办公室通知",
            "legal_basis": "《河北省行政许可条例》第五条", "reason": "规范事项名称", "organ_id": self.organs[organ],
            **more,
        }  # fmt: skip

    def bind(self, template: str, *kinds: str, region: str = COUNTY) -> None:
        """Say which procedure kinds of adjustment pass in a region from now on."""
        body = {"region_code": region, "kinds": list(kinds), "template_code": template, "source": "县政府办公室文件"}
        self.admin.post("/workflow/v1/procedure-bindings", body)

    def open(self, *changes: Mapping[str, Any], who: str = "bianzhi-01", **header: Any) -> Any:
        """Open an adjustment with changes."""
        title = header.pop("title", "动态调整")
        body = self.header(title, **header) | {"changes": list(changes)}
        return self.posts[who].post("/workflow/v1/adjustments", body)

    def act(self, who: str, adjustment: str, act: str, body: Mapping[str, Any] | None = None) -> Any:
        """One act of the procedure."""
        return self.posts[who].post(f"/workflow/v1/adjustments/{adjustment}/{act}", body)

    def wait_for(self, adjustment: str, *states: str) -> Any:
        """The adjustment once it stands in one of the states."""
        path, end = f"/workflow/v1/adjustments/{adjustment}", time.monotonic() + PATIENCE_SECONDS
        while True:
            told = self.admin.get(path, wait_for=",".join(states), wait=5)
            if told["state"] in states:
                return told
            assert time.monotonic() < end, f"{told['number']} stays {told['state']}: {told['validation']}"

    def submit(self, adjustment: str, who: str = "bianzhi-01") -> None:
        """Submit; the checks of the system find nothing."""
        self.act(who, adjustment, "submit")
        told = self.wait_for(adjustment, "signing", "returned")
        assert told["state"] == "signing", told["validation"]

    def review(self, adjustment: str, *, who: str = "bianzhi-01", principal: str = "fuze-01") -> None:
        """Submit, sign, review."""
        self.submit(adjustment, who)
        self.act(principal, adjustment, "sign", {"seal": {"reference": "档案号 2026-001"}})
        self.act("shengai-01", adjustment, "review", {"outcome": "pass", "opinion": "一致"})

    def decide(self, adjustment: str) -> Any:
        """The government decides."""
        return self.act("zhengfu-01", adjustment, "decide", {"decision": DECISION})

    def carry(self, *changes: Mapping[str, Any], **header: Any) -> Any:
        """An adjustment from opening to effect, and all that follows from it."""
        opened = self.open(*changes, **header)
        self.review(opened["id"])
        self.decide(opened["id"])
        told = self.wait_for(opened["id"], "effective", "conflict")
        assert told["state"] == "effective", told
        self.settle()
        return self.admin.get(f"/workflow/v1/adjustments/{opened['id']}")

    def accept_all(self, *lists: str) -> int:
        """Accept what the rules prepared for the lists, until nothing is prepared any more."""
        total = 0
        while True:
            self.settle()
            taken = 0
            for list_id in lists or self.lists.values():
                body = {"list_id": list_id, "limit": 1000, "reason": "经核对一致"}
                taken += self.posts["sheng-01"].post("/catalog/v1/drafts/accept", body)["accepted"]
            if not taken:
                return total
            total += taken

    def operation(self, answer: Mapping[str, Any]) -> Any:
        """The end of a long operation."""
        path = f"/catalog/v1/operations/{answer['operation_id']}"
        return self.until(
            lambda: (told := self.admin.get(path))["state"] in ("succeeded", "failed", "cancelled") and told,
            "the operation does not end",
        )

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`qingdan …` as an operator types it on this installation."""
        return subprocess.run(
            [sys.executable, "-m", "shared.cli", *words], cwd=ROOT, env=self.system.environment | {"COLUMNS": "200"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


def modify(item_id: str, **elements: Any) -> dict[str, Any]:
    """A change of elements, as the API takes it."""
    return {"operation": "modify", "item_id": item_id, "elements": elements}
