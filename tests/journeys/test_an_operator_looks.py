"""Three in the morning: the operator asks what is wrong, and sets it right."""

from __future__ import annotations

import json

from tests.journeys.stage import Stage, modify


def test_the_doctor_finds_a_working_system_healthy(stage: Stage) -> None:
    stage.settle()
    found = stage.command("doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "healthy" in found.stdout
    report = json.loads(stage.command("doctor", "--json").stdout)
    assert report["healthy"] is True
    assert {row["name"] for row in report["consumers"]} >= {"cascade", "validation", "workflow", "publication"}
    assert report["parked"] == []


def test_what_could_not_be_published_is_parked_with_its_cause_and_published_when_it_is_released(stage: Stage) -> None:
    permit, other = stage.permits["建筑工程施工许可"], stage.permits["道路货物运输经营许可"]
    refusing = f"ALTER TABLE qingdan.published_item ADD CONSTRAINT drill CHECK (item_id <> '{permit}') NOT VALID"
    stage.ask(refusing)
    try:
        stage.carry(modify(permit, name="建筑工程施工许可证核发"))
        stage.carry(modify(other, name="道路货物运输经营许可证核发"))
        ill = stage.command("doctor")
    finally:
        stage.ask("ALTER TABLE qingdan.published_item DROP CONSTRAINT drill")
    assert ill.returncode == 1
    assert permit in ill.stdout
    assert "23514" in ill.stdout
    assert "qingdan release CONSUMER ITEM" in ill.stdout
    assert name(stage, other) == "道路货物运输经营许可证核发", "what is parked delays nobody else"
    assert name(stage, permit) == "建筑工程施工许可"
    parked = json.loads(stage.command("doctor", "--json").stdout)["parked"]
    assert {row["consumer"] for row in parked} == {"publication"}
    released = stage.command("release", "publication", *[row["item_id"] for row in parked])
    assert released.returncode == 0, released.stderr
    assert "taken again" in released.stdout
    stage.settle()
    assert name(stage, permit) == "建筑工程施工许可证核发"
    well = stage.command("doctor")
    assert well.returncode == 0, well.stdout
    told = [event for event in stage.feed() if event["data"].get("item", {}).get("id") == permit]
    assert [event["data"]["version"] for event in told] == [1, 2], "told once, after all"


def test_a_consumer_that_nobody_knows_is_named_to_the_operator(stage: Stage) -> None:
    refused = stage.command("release", "publicity", "01890a5d-ac96-774b-bcce-b302099a8057")
    assert refused.returncode == 2
    assert "no consumer is named publicity" in refused.stderr


def name(stage: Stage, item_id: str) -> str:
    """What citizens read."""
    shown: str = stage.public(f"/items/{item_id}").json()["elements"]["name"]
    return shown
