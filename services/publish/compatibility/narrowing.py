"""The filters of a page of a list, as the public read has them; that one reads and refuses the values."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from services.publish.portal.parameters import LONGEST_TEXT, STATES

_Text = Annotated[str | None, Query(max_length=LONGEST_TEXT)]


async def _filters(
    edition: Annotated[_Text, Query(description="Named edition that pins the revision", examples=["2026版"])] = None,
    as_of: Annotated[_Text, Query(description="As it stood on this day (Asia/Shanghai)")] = None,
    organ: Annotated[_Text, Query(description="Credit code or name of the implementing body")] = None,
    item_type: Annotated[_Text, Query(description="Item type", examples=["01"])] = None,
    state: Annotated[_Text, Query(description="State", json_schema_extra={"enum": list(STATES)})] = None,
    level: Annotated[_Text, Query(description="Level of exercise", examples=["3"])] = None,
    q: Annotated[_Text, Query(description="Part of the name", examples=["环境"])] = None,
    service_object: Annotated[_Text, Query(description="Service object", examples=["enterprise"])] = None,
    topic: Annotated[_Text, Query(description="Topic of services")] = None,
    count: Annotated[_Text, Query(description="`exact`: the number of entries the filters leave")] = None,
) -> None:
    """Names what the query may hold; the read behind it takes the query as it came."""


Filters = Annotated[None, Depends(_filters)]
