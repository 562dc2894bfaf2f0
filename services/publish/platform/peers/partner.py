"""A peer as the exchange works with it."""

from __future__ import annotations

from collections.abc import Mapping as Document
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.publish.platform.client import Platform
from services.publish.platform.mapping import Mapping


@dataclass(frozen=True)
class Partner:
    """What the exchange needs to know of a peer; made anew whenever the peer's version rises."""

    id: UUID
    code: str
    name: str
    version: int
    base_url: str
    source: str
    regions: tuple[str, ...]
    kinds: tuple[str, ...]
    mapping: Mapping
    credential: str | None
    mirror: UUID | None
    batch_size: int

    @classmethod
    def of(cls, row: Document[str, Any]) -> Partner:
        """From the register."""
        return cls(
            id=row["id"], code=row["code"], name=row["name"], version=row["version"], base_url=row["base_url"],
            source=row["source_code"], regions=tuple(row["region_codes"]), kinds=tuple(row["list_kinds"]),
            mapping=Mapping.model_validate(row["mapping"]), credential=row["credential"],
            mirror=row["mirror_list_id"], batch_size=row["batch_size"],
        )  # fmt: skip

    def platform(self, secrets: Path, timeout: float) -> Platform:
        """The way to it; `timeout` in seconds."""
        secret = secrets / self.credential if self.credential else None
        return Platform(self.base_url, secret=secret, timeout=timeout)
