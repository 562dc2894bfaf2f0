"""Access tokens: only what our private key signed, and only while it is fresh."""

import base64
import hmac
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from shared import clock, problems
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import PRIVATE_FILE, PUBLIC_FILE, TokenIssuer, TokenVerifier, ensure_keys

SOMEBODY = Principal(
    account_id=uuid4(),
    login="bianzhi",
    name="编制人员",
    organ_id=uuid4(),
    grants=(Grant("compiler", "440100000000", uuid4()), Grant("auditor", "440000000000")),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ensure_keys(tmp_path / "secrets")
    return tmp_path / "secrets"


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    good = {"iss": "qingdan", "sub": str(uuid4()), "login": "a", "name": "a", "organ": None, "grants": [],
            "iat": now, "exp": now + 600}  # fmt: skip
    return {name: value for name, value in {**good, **changes}.items() if value != "absent"}


def signed(folder: Path, content: dict[str, Any], alg: str = "Ed25519") -> str:
    key = OKPKey.import_key((folder / PRIVATE_FILE).read_bytes())
    return jwt.encode({"alg": alg}, content, key, algorithms=[alg])


def refused(folder: Path, token: str) -> None:
    with pytest.raises(problems.Unauthenticated):
        TokenVerifier(folder).verify(token)


def test_a_token_says_who_and_with_which_roles(folder: Path) -> None:
    token = TokenIssuer(folder, minutes=15).issue(SOMEBODY)
    assert TokenVerifier(folder).verify(token) == SOMEBODY


def test_a_token_of_a_service_client_carries_scopes_and_no_role(folder: Path) -> None:
    system = Principal(uuid4(), "system", "市一体化平台", None, (), client=True, scopes=frozenset({"a", "b"}))
    read = TokenVerifier(folder).verify(TokenIssuer(folder, minutes=15).issue(system))
    assert read == system
    assert (read.actor, SOMEBODY.actor) == (f"client:{system.account_id}", f"account:{SOMEBODY.account_id}")
    read.require_scope("b")


def test_a_scope_that_is_missing_is_named_and_people_have_none(folder: Path) -> None:
    system = Principal(
        uuid4(), "system", "市一体化平台", None, (), client=True, scopes=frozenset({"subscriptions.read"})
    )
    for who in (system, SOMEBODY):
        with pytest.raises(problems.Forbidden, match="订阅管理") as caught:
            who.require_scope("subscriptions")
        assert caught.value.code == "insufficient_scope"
        challenge = 'Bearer error="insufficient_scope", scope="subscriptions"'
        assert caught.value.headers == {"WWW-Authenticate": challenge}


def test_a_token_is_good_for_its_minutes_and_no_longer(folder: Path) -> None:
    issuer = TokenIssuer(folder, minutes=15)
    now = clock.now()
    assert TokenVerifier(folder).verify(issuer.issue(SOMEBODY, now - timedelta(minutes=14)))
    refused(folder, issuer.issue(SOMEBODY, now - timedelta(minutes=15, seconds=2)))


def test_a_token_of_another_key_is_refused(folder: Path, tmp_path: Path) -> None:
    ensure_keys(tmp_path / "other")
    refused(folder, TokenIssuer(tmp_path / "other", minutes=15).issue(SOMEBODY))


def test_a_token_whose_content_was_changed_is_refused(folder: Path) -> None:
    head, body, signature = TokenIssuer(folder, minutes=15).issue(SOMEBODY).split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["grants"] = [["administrator", "000000000000", None]]
    refused(folder, f"{head}.{encoded(content)}.{signature}")


def test_a_token_that_is_signed_by_nobody_is_refused(folder: Path) -> None:
    for alg in ("none", "None", "NONE", ""):
        refused(folder, f"{encoded({'alg': alg})}.{encoded(claims())}.")


def test_the_public_key_is_no_shared_secret(folder: Path) -> None:
    message = f"{encoded({'alg': 'HS256'})}.{encoded(claims())}"
    public = (folder / PUBLIC_FILE).read_bytes()
    refused(folder, f"{message}.{encoded(hmac.digest(public, message.encode(), 'sha256'))}")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_another_algorithm_of_the_same_key_is_refused(folder: Path) -> None:
    refused(folder, signed(folder, claims(), alg="EdDSA"))


@pytest.mark.parametrize(
    "content",
    [claims(exp="absent"), claims(iss="absent"), claims(iss="other"), claims(exp="soon"), claims(sub=7),
     claims(sub="absent"), claims(sub="nobody"), claims(grants=None), claims(grants=[["a"]]), claims(grants=7),
     claims(grants=[["compiler", "440000000000", 5]]), claims(organ=[1]), claims(client="yes", scope="a"),
     claims(client=True), claims(client=True, scope=7),
     claims(client=True, scope="a", grants=[["administrator", "000000000000", None]])],
    ids=str,
)  # fmt: skip
def test_claims_that_are_not_ours_are_refused(folder: Path, content: dict[str, Any]) -> None:
    refused(folder, signed(folder, content))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "...", "a.b.c", "é.é.é", "\ud800", "\0", " ", f"{encoded(b'[' * 100_000)}.e30.e30",
     f"{encoded({'alg': 'Ed25519', 'crit': ['x']})}.e30.e30", f"{encoded([])}.e30.e30", f"{encoded(b'null')}.e30.e30",
     "a" * 100_000],
    ids=lambda token: ascii(token)[:20],
)  # fmt: skip
def test_anything_else_is_refused_and_breaks_nothing(folder: Path, token: str) -> None:
    refused(folder, token)


def test_keys_are_made_once_and_the_private_one_is_nobody_elses(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ensure_keys(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert stat.S_IMODE((folder / PRIVATE_FILE).stat().st_mode) == 0o600
    assert set(before) == {PRIVATE_FILE, PUBLIC_FILE}


def test_a_public_half_that_was_never_written_is_made_from_the_private_one(folder: Path) -> None:
    token = TokenIssuer(folder, minutes=15).issue(SOMEBODY)
    (folder / PUBLIC_FILE).unlink()
    ensure_keys(folder)
    assert TokenVerifier(folder).verify(token) == SOMEBODY


def test_processes_that_start_together_agree_on_one_pair(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ensure_keys, [tmp_path / "secrets"] * 8))
    token = TokenIssuer(tmp_path / "secrets", minutes=15).issue(SOMEBODY)
    assert TokenVerifier(tmp_path / "secrets").verify(token) == SOMEBODY


def test_a_grant_counts_in_its_region_and_below_and_for_its_organ() -> None:
    organ = SOMEBODY.grants[0].organ_id
    county, city, province = "440103000000", "440100000000", "440000000000"
    assert SOMEBODY.holds("compiler", region=[county, city, province], organ_id=organ)
    assert not SOMEBODY.holds("compiler", region=[county, city, province], organ_id=uuid4())
    assert not SOMEBODY.holds("compiler", region=[county, city, province])
    assert not SOMEBODY.holds("compiler", region=[province], organ_id=organ), "a role of a city is none in the province"
    assert SOMEBODY.holds("auditor", region=[county, city, province])
    with pytest.raises(problems.Forbidden, match="系统管理员"):
        SOMEBODY.require("administrator", region=[county])
