"""Rules of transports: what a batch becomes in tables, what markers say, which family an item belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.publish.platform import rules as exchange
from services.publish.platform.library import rules as library
from services.publish.platform.mapping import Mapping, built_in
from services.publish.platform.peers import rules as peers
from services.publish.platform.rules import BadAnswer, Queued
from services.publish.platform.translation import content_hash
from services.publish.platform.transports import registry
from services.publish.platform.transports.table_exchange import rules
from services.publish.platform.transports.table_exchange.definitions.repository import definitions
from shared.problems import Invalid
from shared.system import ROOT

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ITEM, ROW = UUID(int=1), UUID(int=2)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


def body(kind: str = "implementation", **elements: Any) -> dict[str, Any]:
    return {"kind": kind, "region_code": "130922000000", "version": 3, "elements": {"name": "食品经营许可"} | elements}


def sent(profile: Mapping, *, held_table: str | None = None, **told: Any) -> dict[str, Any]:
    ((row,), unsent) = exchange.wire([Queued(ITEM, 3, ROW, "U", body(**told), held_table)], profile, NOW)
    assert unsent == []
    return row


def test_the_shipped_definitions_are_those_of_the_shipped_profile() -> None:
    shipped = (ROOT / "deploy" / "exchange" / "up_tables.sql").read_text()
    assert shipped.split("\n", 1)[1] == definitions(built_in("up_tables"))


@pytest.mark.parametrize(
    ("kind", "item_type", "table"),
    [("implementation", "01", "UP_TASK_GENERAL_BASIC"), ("implementation", "20", "UP_TASK_PUBLIC_BASIC"),
     ("power", "02", "UP_TASK_PUNISH_BASIC"), ("power", "04", "UP_TASK_HANDLE_BASIC"),
     ("power", "06", "UP_TASK_CHECK_BASIC"), ("base_catalogue", "02", "UP_TASK_DIRECTORY")],
)  # fmt: skip
def test_an_item_goes_to_the_tables_of_its_family(kind: str, item_type: str, table: str) -> None:
    assert sent(built_in("up_tables"), kind=kind, item_type=item_type)["TABLE"] == table


def test_a_batch_is_written_in_the_order_a_consuming_job_reads() -> None:
    row = sent(
        built_in("up_tables"), item_type="02", held_table="UP_TASK_GENERAL_BASIC",
        questions=[{"question": "问", "answer": "答"}],
    )  # fmt: skip
    general = sent(built_in("up_tables"), item_type="01", online=True, materials=[{"name": "申请表"}, {"name": "照片"}])
    directory = sent(built_in("up_tables"), kind="catalogue")
    groups = rules.records_of([row, directory, general], number="2026112200001", source="1")
    assert [group.table for group in groups] == [
        "UP_TASK_GENERAL_EXTEND", "UP_TASK_GENERAL_BASIC", "UP_TASK_PUNISH_BASIC", "UP_TASK_DIRECTORY",
        "UP_TASK_PUNISH_QUESTIONS", "UP_TASK_GENERAL_MATERIAL",
    ]  # fmt: skip
    tables = {group.table: group.records for group in groups}
    assert [one["CD_OPERATION"] for one in tables["UP_TASK_GENERAL_BASIC"]] == ["D", "U"], "it has left its family"
    assert [one["ORDER_NUM"] for one in tables["UP_TASK_GENERAL_MATERIAL"]] == ["1", "2"]
    for records in tables.values():
        for one in records:
            assert rules.row_of(one["ROW_GUID"]) == str(ROW)
            assert len(one["ROW_GUID"]) <= 50
    assert tables["UP_TASK_PUNISH_BASIC"][0]["CD_TIME"] == "2026-11-22 08:00:00"
    assert rules.without(groups, {str(ROW)}) == []


@given(st.lists(st.fixed_dictionaries({"name": TEXTS}, optional={"source_explanation": TEXTS}), max_size=3), TEXTS)
def test_what_tables_give_back_has_the_hash_of_what_was_sent(materials: list[dict[str, str]], name: str) -> None:
    profile = built_in("up_tables")
    row = sent(profile, name=name, materials=materials, online=True)
    tables = {group.table: group.records for group in rules.records_of([row], number="1", source="1")}
    (main,) = tables.pop(row["TABLE"])
    in_small = {key.lower(): value for key, value in main.items()} | {"punishment_method": None}
    found = rules.held(profile.push, str(ITEM), 3, in_small, tables)
    assert found.hash == content_hash(row)


def test_an_item_of_a_library_has_objects_for_tables_of_one_row() -> None:
    profile = built_in("audit_item")
    told = library.aggregate(ITEM, 3, body(online=True, materials=[{"name": "申请表"}]), profile)
    assert told["AUDIT_ITEM_EXTEND"] == {"IS_ONLINE": "1"}
    assert told["AUDIT_MATERIAL"] == [{"MATERIAL_NAME": "申请表", "ORDER_NUM": "1"}]
    assert library.aggregate(ITEM, 3, None, profile) == {"ITEM_ID": str(ITEM), "TASK_VERSION": 3, "CD_OPERATION": "D"}


MARKER = rules.Marker(column="SJSCZT", imported=("1",), refused=("2",))


@pytest.mark.parametrize(("marks", "codes"), [(["1", "2"], ["00", "REFUSED"]), (["1", None], None), (["1"], None)])
def test_a_batch_is_decided_once_every_row_is_marked(marks: list[str | None], codes: list[str] | None) -> None:
    found = [{"row_guid": str(place), "marker": mark, "reason": "?"} for place, mark in enumerate(marks)]
    told = rules.verdicts_of(MARKER, found, ["0", "1"])
    assert codes == (None if told is None else [one.code for one in told])


def test_a_deleted_entry_of_the_directory_is_later_than_its_version_and_earlier_than_the_next() -> None:
    def version(operation: str, number: Any) -> int:
        record = f'{{"row_guid": "C1", "task_version": {number}, "cd_operation": "{operation}"}}'
        return rules.directory_entry("DN_TASK_DIRECTORY", record, "ROW_GUID").version

    assert version("I", 1) < version("D", 1) < version("U", 2)
    for wrong in ("-1", '"x"', "null", str(2**31)):
        with pytest.raises(BadAnswer):
            version("I", wrong)
    with pytest.raises(BadAnswer):
        rules.cursor_of("yesterday|x")


@pytest.mark.parametrize(
    ("transport", "options", "place"),
    [("carrier_pigeon", {}, "/transport"), ("item_exchange", {"x": 1}, "/options/x"),
     ("table_exchange", {"marker": {"column": 'x"; DROP', "imported": ["1"]}}, "/options/marker/column"),
     ("table_exchange", {"table_schema": "a b"}, "/options/table_schema"),
     ("table_exchange", {"marker": {"column": "M", "imported": ["1"]}, "keeps_rows": False}, "/options"),
     ("keyed_tables", {"keys": {"T": []}}, "/options/keys/T"),
     ("item_library", {"rejected_states": []}, "/options/rejected_states")],
)  # fmt: skip
def test_options_are_checked_by_their_transport_and_named_where_they_are_wrong(
    transport: str, options: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        registry.checked(transport, options)
    assert [one.pointer for one in refused.value.errors] == [place]


@pytest.mark.parametrize(
    ("url", "credential", "places"),
    [("", "peer.tables", []), ("https://x.example", "peer.tables", ["/base_url"]), ("", None, ["/credential"]),
     ("https://x.example", None, ["/base_url", "/credential"])],
)  # fmt: skip
def test_where_a_library_is_stands_in_its_secret_file_alone(
    url: str, credential: str | None, places: list[str]
) -> None:
    if not places:
        peers.check_unaddressed(url, credential)
        return
    with pytest.raises(Invalid) as refused:
        peers.check_unaddressed(url, credential)
    assert [one.pointer for one in refused.value.errors] == places


@pytest.mark.parametrize("text", ["", "postgresql://", "postgresql:///name", "host/name", "postgresql://[::1/x"])
def test_a_secret_that_names_no_server_is_no_address(text: str) -> None:
    assert not rules.is_address(text)
    assert rules.is_address("postgresql://who:secret@10.1.2.3:5432/exchange?sslmode=verify-full")


def test_a_profile_fills_no_column_twice_in_any_family() -> None:
    column = {"column": "TASK_NAME", "element": "name"}
    push = {"table": "A", "columns": [column]}
    with pytest.raises(ValidationError, match="重复"):
        Mapping.model_validate({"title": "x", "push": push, "families": [{"push": {**push, "columns": [column] * 2}}]})


@pytest.mark.parametrize(("rate", "size"), [(None, 500), (20, 20), (1_000, 500)])
def test_a_batch_is_no_more_than_a_platform_bears_in_a_second(rate: int | None, size: int) -> None:
    assert exchange.batch_size(500, rate) == size
