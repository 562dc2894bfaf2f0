"""Use cases of the guides: the guide of an implementation entry as it is in force."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.guides import repository
from services.catalog.guides.schemas import Guide, GuideElement, Readability
from services.catalog.items import service as items
from services.catalog.kinds import service as kinds
from services.catalog.regions import service as regions
from shared import problems
from shared.guide import fourteen


async def of_item(connection: AsyncConnection, item_id: UUID) -> Guide:
    """The guide of an entry, from its present version and that of its permit.

    Raises
    ------
    problems.NotFound
    problems.Conflict
        The entry is none whose handling is described: its list keeps no steps of handling.
    """
    row = await items.get(connection, item_id)
    elements = row["elements"]
    chain = await regions.chain(connection, row["region_code"])
    profile = (await kinds.profile_set(connection, row["kind"], chain)).choose(elements.get("item_type"))
    if profile.element("process_steps") is None:
        raise problems.Conflict("该清单不描述办理过程，不能生成办事指南；请查看实施清单中的对应事项。", code="no_guide")
    body = UUID(elements["implementing_body"]) if elements.get("implementing_body") else None
    permit = await repository.permit_of(
        connection, region=row["region_code"], base_code=elements.get("base_code"), body=body,
        handling_item=str(elements.get("handling_item") or ""),
    )  # fmt: skip
    is_itself = permit is not None and permit.id == item_id
    names = await repository.organ_names(connection, [body] if body else [])
    made = fourteen.guide(elements, permit.elements if permit and not is_itself else None, names, profile)
    return Guide(
        item_id=item_id, version=row["version"], permit_id=permit.id if permit and not is_itself else None,
        permit_version=permit.version if permit and not is_itself else None,
        elements=[GuideElement.model_validate(one) for one in made.elements],
        notices=list(made.notices), missing=list(made.missing), completeness=fourteen.completeness(made),
        readability=Readability.model_validate(made.readability),
    )  # fmt: skip
