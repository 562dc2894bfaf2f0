"""Signatures, pauses, what answers mean, which addresses may be connected to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from services.publish.subscriptions import registry, rules
from services.publish.subscriptions.rules import Verdict
from shared.webhook import addresses, signature
from shared.webhook.signature import SigningKey
from shared.webhook.target import target as target_of

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LOOPBACK = addresses.networks("127.0.0.0/8, ::1/128")


def test_the_signature_is_that_of_the_standards_test_vector() -> None:
    key = signature.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = dict(signature.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [SigningKey(key)]))
    assert headers[b"webhook-signature"] == b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers[b"webhook-timestamp"] == b"1614265330"


@given(st.text(min_size=1), st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3))
def test_the_library_of_the_standard_accepts_every_valid_key(text: str, keys: list[bytes]) -> None:
    body = f'{{"text": "{text.encode("unicode_escape").decode()}"}}'.encode()
    signing = [SigningKey(key) for key in keys]
    headers = {k.decode(): v.decode() for k, v in signature.headers("id", datetime.now(UTC), body, signing)}
    for key in keys:
        Webhook(signature.secret_of(key)).verify(body, headers, json_parse=False)
        assert signature.key_of(signature.secret_of(key)) == key


def test_pauses_grow_from_five_seconds_to_ten_hours_over_about_three_days_and_end() -> None:
    middle = [rules.pause(failures, 0.5) for failures in range(1, len(rules.SCHEDULE) + 1)]
    assert middle == sorted(middle)  # type: ignore[type-var]
    assert (middle[0], middle[-1]) == (5, 36_000)
    assert 2.7 <= sum(rules.SCHEDULE) / 86_400 <= 3.3
    assert rules.pause(len(rules.SCHEDULE) + 1, 0.5) is None


@given(st.integers(1, len(rules.SCHEDULE)), st.floats(0, 1))
def test_jitter_spreads_a_pause_and_never_ends_it(failures: int, random: float) -> None:
    pause, planned = rules.pause(failures, random), rules.SCHEDULE[failures - 1]
    assert pause is not None
    assert planned * (1 - rules.JITTER) <= pause <= planned * (1 + rules.JITTER) + 1e-6


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED), (204, Verdict.DELIVERED), (301, Verdict.UNWELL), (307, Verdict.UNWELL),
        (400, Verdict.REFUSED), (404, Verdict.UNWELL), (410, Verdict.GONE), (422, Verdict.REFUSED),
        (429, Verdict.AWAY), (500, Verdict.UNWELL), (503, Verdict.UNWELL), (None, Verdict.AWAY),
    ],
)  # fmt: skip
def test_only_a_2xx_is_success(status: int | None, verdict: Verdict) -> None:
    assert rules.judge(status, None) is verdict


def test_whoever_asks_for_time_is_left_alone() -> None:
    assert rules.judge(503, 30.0) is Verdict.AWAY
    assert rules.judge(200, 30.0) is Verdict.DELIVERED
    assert rules.judge(410, 30.0) is Verdict.GONE


def test_retry_after_is_read_as_seconds_and_as_a_date_and_is_capped() -> None:
    assert rules.retry_after("120", NOW) == 120
    assert rules.retry_after(format_datetime(NOW + timedelta(minutes=5), usegmt=True), NOW) == 300
    assert rules.retry_after(format_datetime(NOW - timedelta(minutes=5), usegmt=True), NOW) == 0
    assert rules.retry_after("9" * 60, NOW) == rules.MOST_RETRY_AFTER
    for nonsense in ("", "-1", "soon", "12.5", "٣", "Wed, 99 Foo 2026"):
        assert rules.retry_after(nonsense, NOW) is None
    assert rules.retry_after(None, NOW) is None


@given(st.text())
def test_no_retry_after_whatever_breaks_the_reading(text: str) -> None:
    found = rules.retry_after(text, NOW)
    assert found is None or 0 <= found <= rules.MOST_RETRY_AFTER


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1", "203.0.113.5",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1",
        "3fff::1", "100::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "::10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_refused_however_they_are_written(address: str) -> None:
    assert not addresses.may_connect(address, ())


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    assert addresses.may_connect(address, ())


def test_the_allow_list_opens_what_it_names_and_no_more() -> None:
    assert addresses.may_connect("127.0.0.1", LOOPBACK)
    assert addresses.may_connect("::ffff:127.0.0.1", LOOPBACK)
    assert addresses.may_connect("::1", LOOPBACK)
    assert not addresses.may_connect("10.0.0.1", LOOPBACK)
    assert not addresses.may_connect("fe80::1", LOOPBACK)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "100.100.100.200", "fd00:ec2::254"]
)
def test_no_allow_list_opens_what_is_on_the_wire_or_hands_out_credentials_of_a_machine(address: str) -> None:
    assert not addresses.may_connect(address, addresses.networks("0.0.0.0/0, ::/0"))


@given(st.integers(0, 2**32 - 1))
def test_a_translated_address_is_judged_as_the_one_it_means(number: int) -> None:
    plain = addresses.may_connect(str(IPv4Address(number)), ())
    for base in (0xFFFF << 32, 0x64FF9B << 96, 0x2002 << 112):
        written = IPv6Address(base | (number << 80 if base >> 112 == 0x2002 else number))
        assert addresses.may_connect(str(written), ()) == plain


@pytest.mark.parametrize(
    "url",
    [
        "http://example.gov.cn/hook", "ftp://example.gov.cn/", "https://user:pw@example.gov.cn/",
        "https://user@example.gov.cn/", "https://example.gov.cn/#part", "https:///hook", "https://",
        "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://10.0.0.1/",
        "https://example.gov.cn:22/", "https://example.gov.cn:0/", "https://example.gov.cn:99999/",
        "https://example.gov.cn:5432/", "https://exa mple/", "https://清单.cn/", "https://example.gov.cn/\r\nX: y",
        "https://[::1", "javascript:alert(1)", "https://-x.cn/",
    ],
)  # fmt: skip
def test_an_endpoint_that_is_not_plainly_a_public_https_address_is_refused(url: str) -> None:
    assert rules.wrong_with(url, ()) is not None


@pytest.mark.parametrize("url", ["https://example.gov.cn/hook?x=1", "https://example.gov.cn:8443", "https://8.8.8.8/"])
def test_a_public_https_address_is_taken(url: str) -> None:
    assert rules.wrong_with(url, ()) is None


def test_http_is_for_addresses_of_the_allow_list_alone() -> None:
    assert rules.wrong_with("http://127.0.0.1:8080/x", LOOPBACK) is None
    assert rules.wrong_with("http://8.8.8.8/x", LOOPBACK) is not None


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_of_an_endpoint(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.gov.cn/{text}"):
        if rules.wrong_with(url, LOOPBACK) is None:
            target = target_of(url)
            assert "\r" not in target.path + target.authority
            assert "\n" not in target.path + target.authority


def test_the_parts_of_an_endpoint_are_what_a_request_needs() -> None:
    found = target_of("https://example.gov.cn:8443/a/b?c=d")
    assert (found.secure, found.host, found.port, found.path) == (True, "example.gov.cn", 8443, "/a/b?c=d")
    assert found.authority == "example.gov.cn:8443"
    assert target_of("https://example.gov.cn").authority == "example.gov.cn"
    assert target_of("http://[::1]:8080/").authority == "[::1]:8080"


def test_the_registry_names_each_type_once_and_says_what_it_tells() -> None:
    assert len(registry.BY_TYPE) == len(registry.TYPES)
    assert all(one.title and one.description for one in registry.TYPES)
    assert "cn.qingdan.item.updated.v1" in registry.SELECTABLE
    assert not {"cn.qingdan.subscription.resync.v1", "cn.qingdan.subscription.test.v1"} & registry.SELECTABLE.keys()
