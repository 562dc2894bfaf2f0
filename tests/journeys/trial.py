"""A trial installation on its own calendar: the running system, and a file that tells all its processes the time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from deploy.demo.people import Person
from shared import clock, encryption, settings
from shared.identity.tokens import ensure_keys
from shared.installation import Place
from shared.seals import keys as seal_keys
from shared.system import System
from tests.conftest import _administer as administer
from tests.conftest import in_own_loop, url_of
from tests.journeys import entries
from tests.journeys.county import first_administrator, new_post
from tests.journeys.stage import GROUNDS, PASSWORD, Stage


@dataclass
class Trial(Stage):
    """A stage whose time is told by a file; regions, organs and posts are those of its story."""

    calendar: Path = field(kw_only=True)

    def at(self, moment: str) -> None:
        """Go on to an instant of Beijing, such as `2017-07-06 09:00`; people sign in again by themselves."""
        instant = datetime.fromisoformat(moment).replace(tzinfo=clock.ZONE)
        assert not self.calendar.exists() or instant > clock.now(), f"{moment} has passed"
        fresh = self.calendar.with_suffix(".new")
        fresh.write_text(instant.isoformat())
        os.replace(fresh, self.calendar)

    def register(self, regions: Sequence[tuple[str, str, str, str, str | None]]) -> None:
        """Regions as (code, name, level, kind, code of the parent), superiors first."""
        names = ("code", "name", "level", "kind", "parent_code")
        rows = [dict(zip(names, region, strict=True)) for region in regions]
        assert self.admin.put("/catalog/v1/regions", {"items": rows, **GROUNDS})["created"] == len(rows)

    def found(self, organs: Mapping[str, tuple[str, ...]]) -> None:
        """Organs as key -> (name, kind, code of the region); kept in `organs` and `codes` by their keys.

        A fourth value is the key of the department an institution belongs to (主管部门); it comes before.
        """
        rows = []
        for number, (key, (name, kind, region, *department)) in enumerate(organs.items(), len(self.codes) + 1):
            # A zone has no area code of its own: its organs are registered with the county around it.
            area = region if region.isdigit() else region[:6].ljust(12, "0")
            self.codes[key] = entries.organ_code(area, f"{number:08X}")
            rows.append({"name": name, "kind": kind, "region_code": region, "credit_code": self.codes[key],
                         "administrative_subject": True,
                         "supervising_credit_code": self.codes[department[0]] if department else None})  # fmt: skip
        ids = self.admin.put("/catalog/v1/organs", {"items": rows, **GROUNDS})["ids"]
        self.organs |= {key: ids[self.codes[key]] for key in organs}

    def appoint(self, posts: Mapping[str, tuple[str, list[tuple[str, str, str | None]]]]) -> None:
        """Accounts as login -> (title, roles as (role, region, key of the organ)); signed in, kept in `posts`."""
        for login, (title, roles) in posts.items():
            self.posts[login] = new_post(self, login, title, roles)


@contextlib.contextmanager
def trial(cluster: str, valkey: str, template: str, folder: Path, begins: str, **configured: str) -> Iterator[Trial]:
    """A system on a database of its own whose time begins at an instant of Beijing, while the block runs.

    `configured` are further settings.
    """
    name = f"{folder.name}_{uuid4().hex[:8]}"
    in_own_loop(administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    place = Place(folder, url_of(cluster, name), valkey)
    secrets = settings.load().secrets.absolute()
    ensure_keys(secrets)
    seal_keys.ensure_keys(secrets)
    encryption.ensure_key(secrets, encryption.WEBHOOK_KEY_FILE)
    in_own_loop(first_administrator, place.database_url)
    calendar = folder / "calendar"
    environment = place.environment | {
        "QINGDAN_SECRETS_DIR": str(secrets), "QINGDAN_POLL_SECONDS": "1", "QINGDAN_GATHER_SECONDS": "0",
        "QINGDAN_SIMULATED_CLOCK": str(calendar), **configured,
    }  # fmt: skip
    calendar.write_text(datetime.fromisoformat(begins).replace(tzinfo=clock.ZONE).isoformat())
    clock.simulate(calendar)
    try:
        with System(environment, logs=folder / "logs") as system:
            yield Trial(system, place, Person(system, "admin", PASSWORD), calendar=calendar)
    finally:
        clock.use(None)
        in_own_loop(administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
