"""Seals: what is in the log is hashed in a chain and signed; whoever changes it afterwards is found out without us."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import create_engine
from shared.seals import export, keys, repository, rules, sealer
from shared.seals.keys import Signer
from shared.settings import Settings
from tests.shared.room import ROOT, append, execute, scalar

SCRIPT = ROOT / "docs" / "verify_log.py"


@pytest_asyncio.fixture
async def publish(configured: Settings, owner: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """An engine with the rights of the publish service; the log begins without seals."""
    await execute(owner, "DELETE FROM qingdan.seal")
    engine = create_engine(configured.service_url("publish"), role="publish", pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    keys.ensure_keys(tmp_path)
    return Signer(tmp_path)


async def sealed(publish: AsyncEngine, signer: Signer, most: int = sealer.MOST_EVENTS) -> list[rules.Seal]:
    """Every seal, once all is sealed."""
    while await sealer.seal_next(publish, signer, most):
        pass
    async with publish.connect() as connection:
        return await repository.covering(connection, 1, 2**62)


async def exported(publish: AsyncEngine, path: Path, first: int = 1, last: int = 2**62) -> Path:
    out = io.BytesIO()
    await export.write(publish, out, first, last)
    await asyncio.to_thread(path.write_bytes, out.getvalue())
    return path


def verified(*arguments: Path) -> tuple[int, str]:
    """What the script says, run without anything but Python's own library."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


async def test_seals_cover_the_log_without_gaps_and_continue_one_another(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer
) -> None:
    await append(catalog, "test.sealed", 25)
    seals = await sealed(publish, signer, most=10)
    await append(catalog, "test.sealed", 3)
    seals = await sealed(publish, signer)
    head = await scalar(publish, "SELECT position FROM qingdan.log_head")
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))
    assert (seals[0].from_position, seals[-1].to_position) == (1, head)
    for before, seal in pairwise(seals):
        assert seal.from_position == before.to_position + 1
        assert seal.previous == before.hash
    assert seals[0].previous == rules.NOTHING
    assert await sealer.seal_next(publish, signer) == 0, "nothing new, no seal"


async def test_two_sealers_at_once_make_one_chain(publish: AsyncEngine, catalog: AsyncEngine, signer: Signer) -> None:
    await append(catalog, "test.sealed", 12)
    await asyncio.gather(*(sealer.seal_next(publish, signer, 4) for _ in range(4)))
    seals = await sealed(publish, signer, most=4)
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))


async def test_nobody_may_change_or_delete_a_seal_and_only_publish_makes_them(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer
) -> None:
    await append(catalog, "test.sealed")
    await sealed(publish, signer)
    for engine in (publish, catalog):
        for statement in ("UPDATE qingdan.seal SET number = number", "DELETE FROM qingdan.seal"):
            with pytest.raises(DBAPIError, match="permission denied"):
                await execute(engine, statement)
    with pytest.raises(DBAPIError, match="permission denied"):
        await execute(catalog, "INSERT INTO qingdan.seal (number) VALUES (1)")


async def test_an_export_is_verified_by_the_script_alone(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer, tmp_path: Path
) -> None:
    await append(catalog, "test.sealed", 7, text='环境影响评价 \u2028 “引号” \\ " \x7f')
    seals = await sealed(publish, signer, most=5)
    key = tmp_path / keys.PUBLIC_FILE
    whole = await exported(publish, tmp_path / "log.jsonl")
    code, said = verified(whole, key)
    assert code == 0, said
    assert f"seals 1 to {len(seals)}" in said
    part = await exported(publish, tmp_path / "part.jsonl", seals[1].from_position, seals[1].from_position)
    assert verified(part, key)[0] == 0, "a part of the log is verified by itself"
    witness = tmp_path / "witness.json"
    last = rules.document(seals[-1]) | {"signature": seals[-1].signature.hex()}
    witness.write_text(json.dumps({"items": [last], "next": None}))
    assert verified(whole, key, witness)[0] == 0
    assert verified(part, key, witness) == (1, f"NOT AS SEALED: seal {seals[-1].number} of the witness is not in this"
                                               " export\n")  # fmt: skip


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE qingdan.event SET reason = 'another' WHERE position = 3", "an event was changed"),
        ("UPDATE qingdan.event SET actor = 'account:nobody' WHERE position = 9", "positions 6 to 10"),
        ("UPDATE qingdan.seal SET hash = sha256('x') WHERE number = 1", "the signature of seal 1 is not valid"),
        ("UPDATE qingdan.seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", "signature of seal 2"),
        ("DELETE FROM qingdan.seal WHERE number = 2", "does not follow the one before"),
    ],
)
async def test_whatever_is_changed_in_the_database_is_named(
    publish: AsyncEngine, catalog: AsyncEngine, database_url: str, signer: Signer, tmp_path: Path, tampering: str,
    told: str,
) -> None:  # fmt: skip
    await append(catalog, "test.sealed", 15)
    await sealed(publish, signer, most=5)
    administrator = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    change = administrator.transaction()
    await change.start()
    await administrator.execute(tampering)
    # The export of the administrator's own view of things: nothing of it is kept for the tests after this.
    lines = await _as_seen(administrator)
    await change.rollback()
    await administrator.close()
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    code, said = verified(path, tmp_path / keys.PUBLIC_FILE)
    assert code == 1, said
    assert told in said


async def _as_seen(administrator: Any) -> list[bytes]:
    lines = []
    for row in await administrator.fetch("SELECT * FROM qingdan.seal ORDER BY number"):
        seal = repository.as_seal(row)
        document = rules.document(seal) | {"signature": seal.signature.hex()}
        lines.append(json.dumps({"seal": document}).encode())
        events = await administrator.fetch(
            "SELECT * FROM qingdan.event WHERE position BETWEEN $1 AND $2 ORDER BY position",
            seal.from_position, seal.to_position,
        )  # fmt: skip
        lines += [rules.line(dict(event) | {"refs": json.loads(event["refs"])}) for event in events]
    return lines


async def test_a_log_written_anew_with_the_right_key_is_told_by_a_witness_kept_elsewhere(
    publish: AsyncEngine, catalog: AsyncEngine, owner: AsyncEngine, signer: Signer, tmp_path: Path
) -> None:
    await append(catalog, "test.sealed", 4)
    kept = (await sealed(publish, signer))[-1]
    witness = tmp_path / "witness.json"
    witness.write_text(json.dumps(rules.document(kept) | {"signature": kept.signature.hex()}))
    # Somebody with the database and the key writes the chain anew.
    await execute(owner, "DELETE FROM qingdan.seal")
    await execute(owner, "UPDATE qingdan.event SET reason = 'better' WHERE position = 1")
    await sealed(publish, signer)
    await execute(owner, "UPDATE qingdan.event SET reason = NULL WHERE position = 1")
    await execute(owner, "UPDATE qingdan.event SET reason = 'better' WHERE position = 1")
    path = await exported(publish, tmp_path / "log.jsonl")
    key = tmp_path / keys.PUBLIC_FILE
    assert verified(path, key)[0] == 0, "chain and signatures are right"
    code, said = verified(path, key, witness)
    assert code == 1
    assert "written anew" in said


async def test_another_key_verifies_nothing(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer, tmp_path: Path
) -> None:
    await append(catalog, "test.sealed")
    await sealed(publish, signer)
    path = await exported(publish, tmp_path / "log.jsonl")
    keys.ensure_keys(tmp_path / "other")
    code, said = verified(path, tmp_path / "other" / keys.PUBLIC_FILE)
    assert code == 1
    assert "not among the given ones" in said


async def test_after_the_key_was_replaced_the_log_verifies_with_both(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer, tmp_path: Path
) -> None:
    await append(catalog, "test.sealed")
    await sealed(publish, signer)
    keys.ensure_keys(tmp_path / "new")
    await append(catalog, "test.sealed")
    await sealed(publish, Signer(tmp_path / "new"))
    path = await exported(publish, tmp_path / "log.jsonl")
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join((folder / keys.PUBLIC_FILE).read_bytes() for folder in (tmp_path, tmp_path / "new")))
    assert verified(path, both)[0] == 0
    code, said = verified(path, tmp_path / keys.PUBLIC_FILE)
    assert code == 1
    assert "seal 2 names key" in said


async def test_events_that_are_missing_are_not_sealed_over(
    publish: AsyncEngine, catalog: AsyncEngine, database_url: str, signer: Signer
) -> None:
    await append(catalog, "test.sealed", 3)
    await sealed(publish, signer)
    await append(catalog, "test.sealed", 3)
    administrator = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    taken = await administrator.fetch(
        "DELETE FROM qingdan.event WHERE position = (SELECT max(position) - 1 FROM qingdan.event) RETURNING *"
    )
    with pytest.raises(RuntimeError, match="do not seal, look"):
        await sealer.seal_next(publish, signer)
    columns = ", ".join(f'"{name}"' for name in taken[0].keys())  # noqa: SIM118
    places = ", ".join(f"${number}" for number in range(1, len(taken[0]) + 1))
    await administrator.execute(f"INSERT INTO qingdan.event ({columns}) VALUES ({places})", *taken[0].values())
    await administrator.close()
    assert await sealer.seal_next(publish, signer) == 3


# The last one: its events stay in the log, which the others seal and verify in pieces of five.
async def test_a_seal_of_many_events_is_read_in_slices_and_verifies(
    publish: AsyncEngine, catalog: AsyncEngine, signer: Signer, tmp_path: Path
) -> None:
    await append(catalog, "test.sealed", 2 * sealer.SLICE + 7)
    await sealed(publish, signer)
    assert verified(await exported(publish, tmp_path / "log.jsonl"), tmp_path / keys.PUBLIC_FILE)[0] == 0
