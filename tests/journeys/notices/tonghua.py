"""The city of the opinions of Tonghua: two offices that approve and file, departments, a service platform, an auditor.

The dates are those the document names; who sits where and what the departments list is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from deploy.demo.people import Person
from shared.codes.item_code import BaseCode
from tests.journeys import entries
from tests.journeys.notices.acts import LEGAL, PASS, charge, enact, enter, new_list
from tests.journeys.stage import GROUNDS, PASSWORD
from tests.journeys.trial import Trial

PROVINCE, CITY, COUNTY = "220000000000", "220500000000", "220523000000"
OPINIONS = "通化市建立市政府部门责任清单工作实施意见"
EARLIER = "通市政办发〔2013〕22号"
REGIONS = (
    ("220000", "吉林省", "province", "administrative", None),
    ("220500", "通化市", "city", "administrative", "220000"),
    ("220523", "辉南县", "county", "administrative", "220500"),
)
ORGANS = {
    "reform": ("通化市行政审批制度改革工作领导小组办公室", "department", CITY),
    "legal": ("通化市人民政府法制办公室", "department", CITY),
    "transport": ("通化市交通运输局", "department", CITY),
    "commerce": ("通化市商务局", "department", CITY),
}
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "jiaotong": ("交通局编制岗", [("compiler", CITY, "transport")]),
    "jiaotong-zr": ("交通局负责人岗", [("principal", CITY, "transport")]),
    "shangwu": ("商务局编制岗", [("compiler", CITY, "commerce")]),
    "shengai": ("审改领导小组办公室岗", [("reviewer", CITY, None), ("list_authority", CITY, None)]),
    "fazhi": ("法制办审查岗", [("legality_reviewer", CITY, "legal")]),
    "shizf": ("市政府审定岗", [("decider", CITY, None)]),
    "jiancha": ("市监察局监督岗", [("auditor", CITY, None)]),
    "sheng-jiancha": ("省监察厅监督岗", [("auditor", PROVINCE, None)]),
}
NAMES = ("道路货物运输经营许可", "道路旅客运输站经营许可", "出租汽车经营许可", "机动车维修经营许可")
IN_USE = {"state": "in_use"}
# Who lacks papers is told so within this time; the law allows five days.
WITHIN = {"amount": 2, "unit": "working_day"}


def settle_in(trial: Trial) -> None:
    """Regions, organs, posts; the procedure of the two offices; a directory of permits with its list of powers."""
    trial.register(REGIONS)
    trial.found(ORGANS)
    trial.appoint(POSTS)
    charge(trial, CITY, OPINIONS, reviewer="reform", legality_reviewer="legal")
    trial.bind("two_offices", "add", "modify", "take_over", "devolve", "cancel", region=CITY)
    for kind in ("permit", "power"):
        # Later profiles are not in force yet: the city takes over the elements that are at hand.
        taken = {"region_code": CITY, "valid_from": "2016-01-01", **GROUNDS}
        trial.admin.post(f"/catalog/v1/kinds/{kind}/profiles/1/adopt", taken)
        new_list(trial, "shengai", kind, CITY, "reform", "transport", "commerce")
    rows = [permit(trial, name, number) for number, name in enumerate(NAMES, 1)]
    ids = enter(trial, "shengai", trial.lists["permit", CITY], rows)
    trial.permits = dict(zip(NAMES, ids, strict=True))
    accept(trial, trial.lists["power", CITY])
    for kind in ("permit", "power"):
        enact(trial, "shizf", trial.lists[kind, CITY], "市政府第1次常务会议", "2016-01-04", "通政〔2016〕1号")


def permit(trial: Trial, name: str, number: int, organ: str = "transport", **more: Any) -> dict[str, Any]:
    """A permit of a department of the city."""
    base = BaseCode.generate(area="22", type_code="01", department="18", main=number).value
    made = entries.permit(name, number, organ=trial.organs[organ], code=trial.codes[organ])
    own = {"base_code": base, "implementation_code": f"{trial.codes[organ]}3{base}", "level": "3"}
    return made | own | {"consult_phone": "0435-0000000"} | more


def accept(trial: Trial, list_id: str) -> int:
    """The lead accepts what the rules have prepared for a list."""
    trial.settle()
    body = {"list_id": list_id, "limit": 1000, "reason": "与审批事项目录一致"}
    return int(trial.posts["shengai"].post("/catalog/v1/drafts/accept", body)["accepted"])


def approved(trial: Trial, adjustment: str, day: str) -> None:
    """Department, both offices beside one another, government; in effect and public when this returns."""
    trial.submit(adjustment, "jiaotong")
    trial.act("jiaotong-zr", adjustment, "sign", {"seal": {"reference": "档案号 2016-003"}})
    trial.act("fazhi", adjustment, "legality", LEGAL)
    trial.act("shengai", adjustment, "review", PASS)
    decision = {"meeting": "市政府第5次常务会议", "date": day, "number": "通政审〔2016〕5号"}
    trial.act("shizf", adjustment, "decide", {"decision": decision})
    trial.wait_for(adjustment, "effective")
    path = f"/workflow/v1/adjustments/{adjustment}"
    trial.until(lambda: trial.admin.get(path)["published_at"], "the adjustment is not published")


def receipt(recipient: str, day: str) -> dict[str, str]:
    """What an office answers to a filing."""
    return {"recipient": recipient, "receipt_number": f"通备〔2016〕{len(recipient)}号", "date": day}


def directory(trial: Trial) -> dict[str, Any]:
    """The public directory: entries in use by name; cancelled ones are only remembered there."""
    listed = trial.lists["permit", CITY]
    return {row["name"]: row for row in trial.public(f"/lists/{listed}/items", params=IN_USE).json()["items"]}


def plan(trial: Trial) -> dict[str, Any]:
    """What the opinions arrange until the end of June 2016."""
    organs = [trial.organs[key] for key in ("transport", "commerce")]
    return {
        "region_code": CITY, "title": "建立市政府部门责任清单", "source": OPINIONS, "starts_on": "2016-02-01",
        "due_on": "2016-12-31",
        "milestones": [
            {"number": 1, "title": "建立市政府部门责任清单", "subject": "list", "kinds": ["responsibility"],
             "levels": ["city"], "unit": "lead", "completion": "enacted", "due_on": "2016-06-30"},
            {"number": 2, "title": "修改完善事中事后监督管理办法", "subject": "document", "levels": ["city"],
             "unit": "organ", "organ_ids": organs, "due_on": "2016-06-30"},
        ],
    }  # fmt: skip


class Platform:
    """The service platform of the city: a client of its own that tells of handling records."""

    def __init__(self, trial: Trial, admin: Person) -> None:
        self._trial = trial
        about = {"name": "市政务服务平台", "operator": "市政务大厅", "region_code": CITY,
                 "scopes": ["handling_records"], "contact": "值班室 0435-0000001"}  # fmt: skip
        made = admin.post("/catalog/v1/clients", about)
        self._secret = (made["id"], made["client_secret"])

    def tell(self, *records: Mapping[str, Any]) -> list[Any]:
        """Tell of records; what became of each."""
        with httpx.Client(timeout=60, trust_env=False) as client:
            form = {"grant_type": "client_credentials"}
            address = f"{self._trial.system.url('catalog')}/catalog/v1/oauth/token"
            token = client.post(address, data=form, auth=self._secret).json()["access_token"]
            answer = client.post(
                f"{self._trial.system.url('workflow')}/workflow/v1/handling-records", json={"records": list(records)},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(records[0]["number"])},
            )  # fmt: skip
        assert answer.status_code == 200, answer.text
        rows: list[Any] = answer.json()["items"]
        return rows


RESPONSIBLE = {
    "leader": {"person_id": "TH0001", "role": "分管负责人"},
    "handler": {"person_id": "TH0317", "role": "直接经办人"},
}


def record(trial: Trial, number: str, code: str, name: str, accepted_at: str) -> dict[str, Any]:
    """A handling record as the platform tells of it."""
    return {
        "number": number, "revision": 1, "organ_credit_code": trial.codes["transport"], "code": code, "name": name,
        "accepted_at": accepted_at, "materials": ["申请表"], "responsible": RESPONSIBLE,
    }  # fmt: skip


def compile_duties(trial: Trial, list_id: str) -> None:
    """A duty for each power, drafted from the list of powers and accepted; a boundary; the rest declared."""
    trial.operation(
        trial.posts["shengai"].post(f"/catalog/v1/lists/{list_id}/duty-drafts", {"organ_id": trial.organs["transport"]})
    )
    assert accept(trial, list_id) > 0
    for section in ("boundary", "public_service", "supervision"):
        body = {"section": section, "reason": "本部门无此类内容"}
        trial.posts["shengai"].post(f"/catalog/v1/lists/{list_id}/declarations", body)


def warned(trial: Trial, path: str, grade: str | None) -> Any:
    """A handling record once the last grade that was told is this one."""
    return trial.until(
        lambda: (told := trial.posts["shengai"].get(path))["warned"] == grade and told, f"{grade} is not told"
    )


def exported(trial: Trial, who: str, first: int, last: int) -> bytes:
    """The sealed log from one seal to another, as somebody gets it over HTTP."""
    with httpx.Client(timeout=60, trust_env=False) as client:
        login = {"login": who, "password": PASSWORD}
        token = client.post(f"{trial.system.url('catalog')}/catalog/v1/tokens", json=login).json()["access_token"]
        answer = client.post(
            f"{trial.system.url('workflow')}/workflow/v1/audit/exports", json={"first": first, "last": last},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"export-{first}-{last}"},
        )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.content
