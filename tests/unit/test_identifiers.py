"""Row identifiers are plain version 7 UUIDs."""

import uuid

from shared.identifiers import new_id


def test_an_id_is_a_plain_uuid_of_version_7() -> None:
    assert type(new_id()) is uuid.UUID
    assert new_id().version == 7


def test_ten_thousand_ids_are_different_and_ascend_in_time() -> None:
    ids = [new_id() for _ in range(10_000)]
    milliseconds = [value.int >> 80 for value in ids]
    assert len(set(ids)) == len(ids)
    assert milliseconds == sorted(milliseconds)
