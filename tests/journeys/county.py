"""A county with a development zone, its posts and its lists, all set up over HTTP on a system of its own.

Everything goes through the API of started processes, as an installation would be set up; the first administrator
alone is made beside it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.demo.people import Person
from services.catalog.accounts.bootstrap import ensure_administrator
from services.workflow.procedures.kinds import KINDS
from shared import encryption, settings
from shared.database import create_engine
from shared.identity.tokens import ensure_keys
from shared.installation import Place
from shared.seals import keys as seal_keys
from shared.system import System
from tests.conftest import _administer as administer
from tests.conftest import in_own_loop, url_of
from tests.journeys import entries
from tests.journeys.stage import (
    COUNTY,
    COUNTY_KINDS,
    DECISION,
    FOLLOWERS,
    GROUNDS,
    ORGANS,
    PASSWORD,
    PERMITS,
    POSTS,
    PROVINCE,
    REGIONS,
    SPARE,
    ZONE,
    ZONE_KINDS,
    Stage,
)


@contextlib.contextmanager
def county(cluster: str, valkey: str, template: str, folder: Path) -> Iterator[Stage]:
    """The system on a database of its own, with the county set up, while the block runs."""
    name = f"{folder.name}_{uuid4().hex[:8]}"
    in_own_loop(administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    place = Place(folder, url_of(cluster, name), valkey)
    # The roles of the cluster have one password each, whichever database they work in.
    secrets = settings.load().secrets.absolute()
    ensure_keys(secrets)
    seal_keys.ensure_keys(secrets)
    seal_keys.ensure_keys(secrets, seal_keys.PACKAGES)
    encryption.ensure_key(secrets, encryption.WEBHOOK_KEY_FILE)
    in_own_loop(first_administrator, place.database_url)
    environment = place.environment | {
        "QINGDAN_SECRETS_DIR": str(secrets), "QINGDAN_POLL_SECONDS": "1", "QINGDAN_GATHER_SECONDS": "0",
        "QINGDAN_PEER_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_PEER_LOOK_SECONDS": "0.2",
        "QINGDAN_PEER_PULL_SECONDS": "0.3", "QINGDAN_PEER_SECONDS": "5",
        "QINGDAN_CHANNEL_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_CHANNEL_SECONDS": "5",
        "QINGDAN_CHANNEL_CHECK_SECONDS": "0.5", "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }  # fmt: skip
    try:
        with System(environment, logs=folder / "logs") as system:
            stage = Stage(system, place, Person(system, "admin", PASSWORD))
            settled(stage)
            yield stage
    finally:
        in_own_loop(administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def settled(stage: Stage) -> None:
    """Registers, posts and lists of the county; the lists are in force afterwards."""
    _register(stage)
    _compile(stage)
    _enact(stage)


async def first_administrator(url: str) -> None:
    """The account that everything else is set up with."""
    engine = create_engine(url, role="owner", pool_size=1)
    try:
        await ensure_administrator(engine, login="admin", password=PASSWORD)
    finally:
        await engine.dispose()


def _register(stage: Stage) -> None:
    rows = [
        {"code": code, "name": name, "level": level, "kind": kind, "parent_code": parent}
        for code, name, level, kind, parent in REGIONS
    ]
    assert stage.admin.put("/catalog/v1/regions", {"items": rows, **GROUNDS})["created"] == len(rows)
    for key, (_, _, region, body) in ORGANS.items():
        stage.codes[key] = entries.organ_code(region if region.isdigit() else COUNTY, body)
    rows = [
        {"name": name, "kind": kind, "region_code": region, "credit_code": stage.codes[key],
         "administrative_subject": True}
        for key, (name, kind, region, _) in ORGANS.items()
    ]  # fmt: skip
    ids = stage.admin.put("/catalog/v1/organs", {"items": rows, **GROUNDS})["ids"]
    stage.organs = {key: ids[code] for key, code in stage.codes.items()}
    # The stories are about lists; the county passes everything by the short procedure, as it may decide.
    stage.bind("short", *KINDS)
    for login, (title, roles) in POSTS.items():
        stage.posts[login] = new_post(stage, login, title, roles)


def new_post(stage: Stage, login: str, title: str, roles: list[tuple[str, str, str | None]]) -> Person:
    """An account of its own for a post, signed in."""
    grants = [
        {"role": role, "region_code": region, "organ_id": stage.organs[organ] if organ else None}
        for role, region, organ in roles
    ]
    organ = next((grant["organ_id"] for grant in grants if grant["organ_id"]), None)
    body = {"login": login, "name": title, "password": PASSWORD, "organ_id": organ, "roles": grants, **GROUNDS}
    stage.admin.post("/catalog/v1/accounts", body)
    return Person(stage.system, login, PASSWORD)


def new_list(stage: Stage, kind: str, region: str, lead: str, *members: str) -> str:
    """A list that is being compiled."""
    body = {
        "kind": kind, "region_code": region, "lead_organ_id": stage.organs[lead],
        "member_organ_ids": [stage.organs[member] for member in members], **GROUNDS,
    }  # fmt: skip
    stage.lists[kind, region] = stage.admin.post("/catalog/v1/lists", body)["id"]
    return stage.lists[kind, region]


def enter(stage: Stage, list_id: str, rows: list[dict[str, Any]], who: str = "qingdan-01") -> list[str]:
    """Write entries into a list that is being compiled; their ids."""
    path = f"/catalog/v1/lists/{list_id}/items"
    answer = stage.posts[who].post(path, {"items": [{"elements": row} for row in rows], **GROUNDS})
    assert answer["rejected"] == 0, answer["rows"]
    return [row["item_id"] for row in answer["rows"]]


def _compile(stage: Stage) -> None:
    new_list(stage, "base_catalogue", PROVINCE, "province")
    for kind in COUNTY_KINDS:
        new_list(stage, kind, COUNTY, "approval", "market")
    for kind in ZONE_KINDS:
        new_list(stage, kind, ZONE, "zone")
    numbered = [(name, number) for number, name in enumerate(PERMITS, 1)]
    masters = [*numbered, *((f"备用事项{number}", number) for number in SPARE)]
    rows = [entries.master(name, number) for name, number in masters]
    enter(stage, stage.lists["base_catalogue", PROVINCE], rows, "sheng-01")
    organ, code = stage.organs["approval"], stage.codes["approval"]
    permits = [entries.permit(name, number, organ=organ, code=code) for name, number in numbered]
    ids = enter(stage, stage.lists["permit", COUNTY], permits)
    stage.permits = dict(zip(PERMITS, ids, strict=True))
    market = stage.organs["market"]
    enter(stage, stage.lists["market_access_negative", COUNTY], [entries.negative(one) for one in permits])
    enter(stage, stage.lists["construction_approval", COUNTY], [entries.construction(one) for one in permits])
    moved = [entries.transfer(one, source=market) for one in permits]
    enter(stage, stage.lists["one_seal_transfer", COUNTY], moved)
    stage.accept_all(*(stage.lists[kind, COUNTY] for kind in FOLLOWERS))


def _enact(stage: Stage) -> None:
    for (_, region), list_id in stage.lists.items():
        who = "sheng-01" if region == PROVINCE else "zhengfu-01"
        stage.posts[who].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": DECISION, **GROUNDS})
    stage.settle()
