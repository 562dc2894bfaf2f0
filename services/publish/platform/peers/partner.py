"""A peer as the exchange works with it."""

from __future__ import annotations

from collections.abc import Mapping as Document
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from services.publish.platform.mapping import Mapping
from services.publish.platform.transports import registry
from services.publish.platform.transports.contract import Address, Options, Transport
from shared.webhook.addresses import Network


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
    rows_per_second: int | None = None
    compare_hours: int | None = None
    transport: str = registry.DEFAULT
    options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, row: Document[str, Any]) -> Partner:
        """From the register."""
        return cls(
            id=row["id"], code=row["code"], name=row["name"], version=row["version"], base_url=row["base_url"],
            source=row["source_code"], regions=tuple(row["region_codes"]), kinds=tuple(row["list_kinds"]),
            mapping=Mapping.model_validate(row["mapping"]), credential=row["credential"],
            mirror=row["mirror_list_id"], batch_size=row["batch_size"],
            rows_per_second=row["rows_per_second"],
            compare_hours=row["compare_hours"],
            transport=row["transport"],
            options=registry.kind_of(row["transport"]).options.model_validate(row["options"]),
        )  # fmt: skip

    def way(self, secrets: Path, timeout: float, allowed: Sequence[Network] = ()) -> Transport:
        """The way to it, closed when its context ends; `timeout` in seconds, `allowed`: networks beside public ones."""
        secret = secrets / self.credential if self.credential else None
        return registry.kind_of(self.transport).opened(
            Address(
                base_url=self.base_url,
                source=self.source,
                credential=secret,
                timeout=timeout,
                options=self.options,
                profile=self.mapping,
                allowed=allowed,
            )
        )
