"""What a person sees adjustments of: the regions of all grants with everything below, and the person's organs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.codes.region_code import NATION
from shared.identity.principal import Principal


@dataclass(frozen=True)
class Viewer:
    """Somebody who reads.

    Attributes
    ----------
    regions
        Adjustments of these and of the regions below them are seen; None: of all.
    organs
        Adjustments these take part in are seen wherever they are decided.
    """

    regions: tuple[str, ...] | None
    organs: tuple[UUID, ...]


def viewer_of(principal: Principal) -> Viewer:
    """What a person sees. An auditor's grant is one like others: it covers its region and those below."""
    regions = sorted({grant.region_code for grant in principal.grants})
    organs = {principal.organ_id, *(grant.organ_id for grant in principal.grants)} - {None}
    return Viewer(None if NATION in regions else tuple(regions), tuple(sorted(organ for organ in organs if organ)))
