"""Seals are public: the last of each day, each by its number, and the key that verifies them."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.publish.seals import service
from shared import clock, problems
from shared.identifiers import new_id
from shared.seals import keys, rules
from shared.seals.keys import Signer
from tests.publish.world import World


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    keys.ensure_keys(tmp_path)
    return Signer(tmp_path)


async def seal(world: World, signer: Signer, number: int, days_ago: int) -> None:
    """A seal as the sealer stores it, at noon of a day."""
    noon = clock.now().astimezone(clock.ZONE).replace(hour=0, minute=0, second=0, microsecond=number)
    made = rules.Seal(
        number=number, epoch=new_id(), from_position=number, to_position=number, hash=bytes([number]) * 32,
        previous=bytes([number - 1]) * 32, sealed_at=noon - timedelta(days=days_ago), key_id=signer.key_id,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.seal (number, epoch, from_position, to_position, hash, previous, sealed_at, key_id,"
        " signature) VALUES (:number, :epoch, :from_position, :to_position, :hash, :previous, :sealed_at, :key_id,"
        " :signature)",
        **vars(made) | {"signature": signer.sign(rules.statement(made))},
    )


async def test_everybody_reads_the_last_seal_of_each_day_page_by_page(
    world: World, portal: httpx.AsyncClient, signer: Signer
) -> None:
    await world.run("DELETE FROM qingdan.seal")
    for number, days_ago in ((1, 9), (2, 3), (3, 3), (4, 1), (5, 0), (6, 0)):
        await seal(world, signer, number, days_ago)
    seen, cursor, pages = [], None, 0
    while True:
        answer = await portal.get("/publish/v1/seals", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        seen += [one["number"] for one in answer.json()["items"]]
        cursor, pages = answer.json()["next"], pages + 1
        if cursor is None:
            break
    assert seen == [6, 4, 3, 1]
    assert pages == 5, "ten days, two a page"
    one = (await portal.get("/publish/v1/seals/3")).json()
    assert (one["from"], one["to"], one["previous"], one["key"]) == (3, 3, "02" * 32, signer.key_id)
    assert len(bytes.fromhex(one["signature"])) == 64


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/publish/v1/seals/999", 404),
        ("/publish/v1/seals/0", 422),
        ("/publish/v1/seals/9223372036854775808", 422),
        ("/publish/v1/seals/x", 422),
        ("/publish/v1/seals?cursor=nonsense", 422),
        ("/publish/v1/seals?cursor=WyIxOTAwLTAxLTAxIl0", 422),
        ("/publish/v1/seals?cursor=WyI5OTk5LTEyLTMxIl0", 422),
        ("/publish/v1/seals?limit=0", 422),
    ],
)
async def test_what_is_not_there_or_makes_no_sense_is_told(
    portal: httpx.AsyncClient, address: str, status: int
) -> None:
    answer = await portal.get(address)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_key_is_told_with_its_name(signer: Signer, tmp_path: Path) -> None:
    told = service.public_key(tmp_path)
    assert told.key == signer.key_id
    assert told.public_key == (tmp_path / keys.PUBLIC_FILE).read_text()
    with pytest.raises(problems.Unavailable, match="尚未配置"):
        service.public_key(tmp_path / "elsewhere")
