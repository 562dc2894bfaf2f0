"""Packages of offline exchange: which may be taken now, how they are signed, what a zip may not do."""

import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publish.offline import archive, rules
from services.publish.offline.archive import Archive
from services.publish.offline.contents.rules import Carried, answers, carried, inward
from services.publish.offline.rules import BadPackage, Chain, Manifest, follows
from shared import problems
from shared.seals.keys import PACKAGES, Signer, ensure_keys

MADE = Manifest(source="outer", destination="inner", serial=3, kind="entries", previous="a" * 64, epoch="e",
                from_position=1, until_position=2, whole=False, made_at="2026-03-02T08:00:00+00:00", key="k",
                files=[])  # fmt: skip
ITEM, LIST = UUID(int=1), UUID(int=2)


def zipped(members: dict[str, bytes], **more: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **more) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(BadPackage) as found:
        Archive(content)
    return found.value.code


@pytest.mark.parametrize(
    "name", ["../evil.jsonl", "/etc/passwd", "lists/../../x.jsonl", "lists\\x.jsonl", "events.jsonl/", "LISTS.jsonl"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert refused(zipped({"manifest.json": b"{}", "manifest.sig": b"", name: b""})) == "strange_file"


def test_a_bomb_is_refused_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
    bomb = zipped({"manifest.json": b"{}", "events.jsonl": b"\0" * 2_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 5_000
    assert refused(bomb) == "too_large"
    lying = bytearray(zipped({"manifest.json": b"{}", "manifest.sig": b"0", "events.jsonl": b"\n" * 2_000},
                             compression=zipfile.ZIP_DEFLATED))  # fmt: skip
    directory = lying.rindex(b"events.jsonl") - 46
    lying[directory + 24 : directory + 28] = (10).to_bytes(4, "little")  # the size it claims
    with pytest.raises(BadPackage) as found:
        Archive(bytes(lying)).files(replace(MADE, files=[rules.file_of("events.jsonl", b"\n" * 10)]))
    assert found.value.code == "no_package"


def test_a_directory_of_millions_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    many = zipped({f"{number}": b"" for number in range(30)})
    monkeypatch.setattr(zipfile, "ZipFile", None)  # reading it is what takes the memory
    assert refused(many) == "too_large"


def test_what_a_manifest_does_not_count_as_a_row_is_none() -> None:
    two = orjson.dumps({"item_id": str(ITEM), "list_id": str(LIST), "version": 1, "state": "accepted"})
    assert len(answers(two + b"\n" + two)) == 2
    hidden = two + b"\r" + two + b"\n"
    assert rules.file_of("acknowledgement.jsonl", hidden).rows == 1
    with pytest.raises(BadPackage):
        answers(hidden)


def test_other_zips_are_refused() -> None:
    assert refused(b"") == "no_package"
    assert refused(b"PK\x03\x04" + b"\xff" * 40) == "no_package"
    assert refused(zipped({"manifest.sig": b""})) == "files_differ"
    twice = zipped({"manifest.json": b"{}", "manifest.jsom": b"{}"}).replace(b"jsom", b"json")
    assert refused(twice) == "strange_file"
    packed = {"manifest.json": b"{}", "manifest.sig": b"0"}
    assert refused(zipped(packed, compression=zipfile.ZIP_BZIP2)) == "strange_file"


@given(st.binary(max_size=400), st.integers(0, 10_000))
def test_no_damage_gets_through_as_anything_but_a_refusal(noise: bytes, seed: int) -> None:
    whole = bytearray(archive.pack(b'{"format": "x"}', b"00", {"events.jsonl": b"{}\n" * 20}))
    at = random.Random(seed).randrange(len(whole))
    whole[at : at + len(noise)] = noise
    try:
        package = Archive(bytes(whole))
        package.files(replace(MADE, files=[rules.file_of("events.jsonl", b"{}\n" * 20)]))
    except BadPackage:
        pass


def test_the_same_content_is_the_same_package() -> None:
    files = {"lists.jsonl": b"{}\n", "events.jsonl": b"{}\n"}
    assert archive.pack(b"{}", b"00", files) == archive.pack(b"{}", b"00", dict(reversed(files.items())))


def test_packages_are_taken_one_after_another_and_what_is_missing_is_named() -> None:
    assert follows(Chain(2, "a" * 64), MADE, "h") is True
    assert follows(Chain(3, "h"), MADE, "h") is False, "the same again"
    assert follows(Chain(9, "x"), MADE, "h") is False, "an older one"
    assert follows(Chain(0, "0" * 64), replace(MADE, whole=True), "h") is True
    for chain, code in ((Chain(0, "x"), "package_missing"), (Chain(2, "b" * 64), "package_differs"),
                        (Chain(3, "other"), "package_differs")):  # fmt: skip
        with pytest.raises(problems.Conflict) as found:
            follows(chain, MADE, "h")
        assert found.value.code == code
    with pytest.raises(problems.Conflict) as found:
        follows(Chain(0, "x"), MADE, "h")
    assert found.value.extra["missing"] == [1, 2]


def test_only_registered_keys_count_also_while_they_are_exchanged(tmp_path: Path) -> None:
    for name in ("old", "new", "strange"):
        ensure_keys(tmp_path / name, PACKAGES)
    pem = "".join((tmp_path / name / "offline.public.pem").read_text() for name in ("old", "new"))
    keys = rules.public_keys(pem)
    for name in ("old", "new"):
        signer = Signer(tmp_path / name, PACKAGES)
        told = replace(MADE, key=signer.key_id)
        rules.verify(told.document, signer.sign(told.document).hex().encode(), told, keys)
        for signature in (b"", b"zz", b"00" * 64, b"\xff"):
            with pytest.raises(BadPackage) as found:
                rules.verify(told.document, signature, told, keys)
            assert found.value.code == "bad_signature"
    signer = Signer(tmp_path / "strange", PACKAGES)
    told = replace(MADE, key=signer.key_id)
    with pytest.raises(BadPackage) as found:
        rules.verify(told.document, signer.sign(told.document).hex().encode(), told, keys)
    assert found.value.code == "unknown_key"
    private = (tmp_path / "old" / "offline.private.pem").read_text()
    for wrong in ("", "text", private, pem * 6, pem + private):
        with pytest.raises(ValueError, match="key"):
            rules.public_keys(wrong)


def test_a_manifest_is_read_as_it_was_written_or_refused() -> None:
    assert rules.read_manifest(MADE.document) == MADE
    told = orjson.loads(MADE.document)
    bad = [b"", b"[]", b"{}", b"[" * 5_000, orjson.dumps(told | {"serial": True}), orjson.dumps(told | {"more": 1}),
           orjson.dumps(told | {"files": [{}]}), orjson.dumps(told | {"files": 3}), orjson.dumps(told | {"serial": -1}),
           orjson.dumps(told | {"files": [{"name": 1, "sha256": "", "bytes": 0, "rows": 0}]})]  # fmt: skip
    for document in bad:
        with pytest.raises(BadPackage):
            rules.read_manifest(document)
    many = replace(MADE, files=[rules.File("events.jsonl", "0" * 64, 1, rules.MOST_ROWS + 1)])
    with pytest.raises(BadPackage) as found:
        rules.read_manifest(many.document)
    assert found.value.code == "too_many_rows"


def body(**elements: object) -> dict[str, object]:
    return {"id": str(ITEM), "list_id": str(LIST), "version": 2, "elements": elements}


def test_the_newest_that_is_said_of_an_entry_counts() -> None:
    told = [
        {"type": "cn.qingdan.item.created.v1", "source": f"/x/{LIST}", "subject": f"permit/{ITEM}",
         "data": {"item": body(name="一")}},
        {"type": "cn.qingdan.list.enacted.v1", "source": f"/x/{LIST}", "subject": f"permit/{LIST}", "data": {}},
        {"type": "cn.qingdan.item.withdrawn.v1", "source": f"/x/{LIST}", "subject": f"permit/{ITEM}"},
    ]  # fmt: skip
    files = {"events.jsonl": b"".join(orjson.dumps(one) + b"\n" for one in told)}
    assert carried(files) == {ITEM: Carried(ITEM, LIST, 0, None)}


def test_organs_become_those_registered_here_and_an_unknown_one_is_told() -> None:
    organ = {"name": "某局", "credit_code": "1" * 18}
    one = Carried(ITEM, LIST, 2, body(implementing_body=organ, supervising_body=[organ], name="名称"))
    elements, remark = inward(one, {"1" * 18: LIST})
    assert elements == {"implementing_body": str(LIST), "supervising_body": [str(LIST)], "name": "名称",
                        "audience": "public"}  # fmt: skip
    assert remark is None
    elements, remark = inward(one, {})
    assert elements is None
    assert remark
    assert "某局" in remark


@pytest.mark.parametrize("line", [b"{}", b"[]", b"x", b'{"item_id": "1", "list_id": "1", "version": 1}'])
def test_an_answer_that_cannot_be_read_is_refused(line: bytes) -> None:
    with pytest.raises(BadPackage):
        answers(line + b"\n")
