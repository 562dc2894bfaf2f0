"""Two installations without a connection: one publishes, the other mirrors; packages are carried by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.mirrors.consumers import MIRRORS
from services.publish.offline import jobs, making, repository, service
from services.publish.offline.rules import Manifest
from services.publish.offline.schemas import NewPartner
from services.publish.revisions.consumers import PUBLICATION
from shared.database import create_engine
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger import consume, position
from shared.ledger.transaction import begin
from shared.seals.keys import PACKAGES, ensure_keys
from tests.catalog.linkage_world import PROVINCE
from tests.catalog.linkage_world import World as Country
from tests.conftest import _administer, in_own_loop, url_of
from tests.publish.platform_world import digest, sound_codes
from tests.publish.world import REGION, World

ADMINISTRATOR = Principal(new_id(), "admin", "管理员", None, (Grant("administrator", "0" * 12),))


@dataclass
class Site:
    """One side: its database, its key, and how it knows the other."""

    engine: AsyncEngine
    secrets: Path
    partner: str

    @property
    def public_key(self) -> str:
        ensure_keys(self.secrets, PACKAGES)
        return (self.secrets / f"{PACKAGES}.public.pem").read_text()

    async def register(self, other: Site, kinds: list[str], region: str, *mirrors: tuple[UUID, UUID]) -> None:
        given = NewPartner(
            code=self.partner, name=f"{self.partner}网清单系统", own_code=other.partner, public_keys=other.public_key,
            region_codes=[region], list_kinds=kinds,
            mirrors=[{"source_list_id": source, "list_id": mirror} for source, mirror in mirrors],
        )  # fmt: skip
        async with begin(self.engine, service="publish", actor="account:test") as tx:
            await service.register(tx, ADMINISTRATOR, given)

    async def make(self, *, kind: Any = "entries", **more: Any) -> bytes:
        made, _ = await making.make(
            self.engine, self.partner, kind=kind, everything=more.pop("everything", False), actor="account:test",
            secrets=self.secrets, **more,
        )  # fmt: skip
        return await self.content(made)

    async def content(self, made: Manifest) -> bytes:
        return await self.fetch(made.serial)

    async def fetch(self, serial: int) -> bytes:
        async with begin(self.engine, service="publish", actor="account:test") as tx:
            return await service.fetch(tx, ADMINISTRATOR, self.partner, serial)

    async def take(self, content: bytes) -> dict[str, Any]:
        return await jobs.take(self.engine, self.partner, content)

    async def progress(self) -> Any:
        async with self.engine.connect() as connection:
            row = await repository.find(connection, self.partner)
            assert row is not None
            return await repository.progress(connection, row["id"])


@dataclass
class Sites:
    """Outer publishes a list; inner mirrors it."""

    outer: Site
    inner: Site
    source: World
    country: Country
    list_id: UUID
    items: list[UUID]
    mirror: UUID

    async def follow(self) -> None:
        """Let the inner catalog and its publication take what came."""
        for consumer in (MIRRORS, PUBLICATION):
            while await consume.step(self.inner.engine, consumer):
                pass

    async def shown(self) -> dict[str, dict[str, Any]]:
        """Elements of the mirrored list, by the id at the source."""
        rows = await self.country.rows(
            "SELECT e.source_item_id, v.elements FROM qingdan.offline_entry AS e"
            " JOIN qingdan.offline_mirror AS m ON m.id = e.mirror_id JOIN qingdan.item AS i ON i.id = e.item_id"
            " JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version WHERE m.list_id = :list",
            list=self.mirror,
        )
        return {str(row["source_item_id"]): dict(row["elements"]) for row in rows}

    async def settle(self) -> None:
        """Let the outer catalog and workflow take what was answered."""
        await digest(self.source)


async def founded(outer: AsyncEngine, inner: AsyncEngine, folder: Path, country: Country) -> Sites:
    """Both sides, registered with one another, and a published list of three permits."""
    source = World(outer)
    await source.begin()
    code = await sound_codes(source)
    list_id = await source.new_list(kind="permit", hidden=["inner_note"])
    entries = [
        source.elements(number, base_code=f"000116100{number:03d}", implementation_code=f"{code}3000116100{number:03d}",
                        inner_note="内部掌握的口径")
        for number in range(3)
    ]  # fmt: skip
    items = await source.add(list_id, entries)
    await source.enact(list_id)
    await source.publish()
    mirror = await country.list_of("permit", PROVINCE)
    await country.run(
        "INSERT INTO qingdan.organ (id, name, kind, region_code, credit_code)"
        " VALUES (:id, '广州市生态环境局', 'department', :region, :code)",
        id=new_id(), region=PROVINCE, code=code,
    )  # fmt: skip
    async with inner.begin() as connection:
        await position.register(connection, [MIRRORS.name], "catalog")
        await position.register(connection, [PUBLICATION.name], "publish")
    (folder / "outer").mkdir()
    (folder / "inner").mkdir()
    there, here = Site(outer, folder / "outer", "inner"), Site(inner, folder / "inner", "outer")
    await there.register(here, ["permit"], REGION)
    await here.register(there, ["catalogue"], PROVINCE, (list_id, mirror))
    sites = Sites(there, here, source, country, list_id, items, mirror)
    await sites.follow()
    return sites


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sites(
    cluster: str, template_database: str, world: Country, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sites]:
    name = f"outer_{uuid4().hex[:8]}"
    in_own_loop(_administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
    engine = create_engine(url_of(cluster, name), role="owner")
    yield await founded(engine, world.engine, tmp_path_factory.mktemp("carried"), world)
    await engine.dispose()
    in_own_loop(_administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
