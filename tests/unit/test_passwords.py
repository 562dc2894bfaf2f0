"""Stored passwords: a hash that costs whoever guesses time and memory."""

from __future__ import annotations

import re

from shared.identity.passwords import hash_password, verify_password


def test_a_stored_password_is_argon2id_with_the_parameters_of_rfc_9106() -> None:
    stored = hash_password("bamboo-Lantern-77")
    found = re.fullmatch(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[^$]+\$[^$]+", stored)
    assert found is not None
    memory, passes, lanes = map(int, found.groups())
    assert (memory, passes, lanes) == (64 * 1024, 3, 4), "the second recommended option, 64 MiB"
    assert verify_password("bamboo-Lantern-77", stored)
    assert not verify_password("bamboo-Lantern-78", stored)
    assert not verify_password("bamboo-Lantern-77", None)
