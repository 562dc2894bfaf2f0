"""Subscriptions: open, change, rest, replace secrets, read, ask again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, TypedDict

from qingdan_client.events import Event, event_of
from qingdan_client.transport import Transport
from qingdan_client.webhooks import Scheme

_PATH = "/subscriptions"


class Unchanged(Enum):
    """What is not given, where None is a value of its own."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


class Filter(TypedDict, total=False):
    """Which changes are wanted; each part narrows, one that is left out lets everything through."""

    kinds: Sequence[str]
    regions: Sequence[str]
    types: Sequence[str]
    items: Sequence[str]
    elements: Sequence[str]
    changes: Sequence[str]


class Missing(TypedDict):
    """What will be sent again."""

    from_sequence: int
    until_sequence: int
    events: int


class Way(TypedDict, total=False):
    """How it is sent, beside where to."""

    ordering: Literal["item", "none"]
    requests_per_second: int | None
    concurrency: int | None
    client_certificate: str | None
    authority: str | None


@dataclass(frozen=True)
class Subscription:
    """A subscription; `document` is all the API says of it."""

    id: str
    name: str
    state: str
    endpoint: str | None
    version: int
    last_sequence: int
    outstanding: int
    parked: int
    document: Mapping[str, Any]

    @property
    def secret(self) -> str | None:
        """`whsec_...`; there only in the answer that opened it, and never where a public key is used."""
        return self.document.get("secret")

    @property
    def public_keys(self) -> list[str]:
        """`whpk_...` of the secrets that are valid."""
        return [one["public_key"] for one in self.document["secrets"] if one["public_key"]]


class Subscriptions:
    """Calls under `/publish/v1/subscriptions`; all raise the errors of `Transport.call`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self, name: str, *, endpoint: str | None = None, filter: Filter | None = None, after: int | None = None,
        paused: bool = False, scheme: Scheme = "hmac_sha256", way: Way | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:  # fmt: skip
        """Open one; store `secret` before it is resumed. Without an endpoint events are read.

        Where the first answer was lost and the request was tried again, `secret` is None: it is shown once. Replace it
        (`replace_secret`).
        """
        body = {"name": name, "endpoint": endpoint, "filter": filter or {}, "after": after, "paused": paused,
                "scheme": scheme, **(way or {})}  # fmt: skip
        return _of(self._transport.call("POST", _PATH, json=body, idempotency_key=idempotency_key).json())

    def get(self, subscription_id: str) -> Subscription:
        """How it stands."""
        return _of(self._transport.call("GET", f"{_PATH}/{subscription_id}").json())

    def list(self, *, state: str | None = None) -> Iterator[Subscription]:
        """All of them, page by page."""
        return map(_of, self._pages(_PATH, state=state))

    def update(
        self, known: Subscription, *, name: str | Unchanged = UNCHANGED,
        endpoint: str | Unchanged | None = UNCHANGED, filter: Filter | Unchanged | None = UNCHANGED,
        way: Way | None = None,
    ) -> Subscription:  # fmt: skip
        """Change what is given; PreconditionFailed when somebody has changed it since it was read.

        None clears: without an endpoint events are read, without a filter everything is wanted, and a part of `way`
        that is None is as the installation has it. Parts of `way` that are left out stay.
        """
        given = {"name": name, "endpoint": endpoint, "filter": {} if filter is None else filter, **(way or {})}
        kept = {part: known.document[part] for part in ("name", "endpoint", "filter", *Way.__annotations__)}
        body = kept | {part: value for part, value in given.items() if value is not UNCHANGED}
        path = f"{_PATH}/{known.id}"
        return _of(self._transport.call("PUT", path, json=body, headers={"If-Match": f'"{known.version}"'}).json())

    def delete(self, subscription_id: str) -> None:
        """End it."""
        self._transport.call("DELETE", f"{_PATH}/{subscription_id}")

    def pause(self, subscription_id: str) -> Subscription:
        """Send nothing for a time; nothing is skipped."""
        return _of(self._transport.call("POST", f"{_PATH}/{subscription_id}/pause").json())

    def resume(self, subscription_id: str) -> Subscription:
        """Go on, also after it was disabled."""
        return _of(self._transport.call("POST", f"{_PATH}/{subscription_id}/resume").json())

    def test(self, subscription_id: str) -> Mapping[str, Any]:
        """Ask for a test event; what came of it stands in `attempts`."""
        return _document(self._transport.call("POST", f"{_PATH}/{subscription_id}/test").json())

    def preview(
        self, filter: Filter | None = None, *, since: datetime | None = None, until: datetime | None = None,
        limit: int = 10,
    ) -> Mapping[str, Any]:  # fmt: skip
        """What a filter would have chosen: counts and the first events."""
        span = {"from": since, "until": until}
        body = {"filter": filter or {}, "limit": limit} | {
            name: at.isoformat() for name, at in span.items() if at is not None
        }
        return _document(self._transport.call("POST", f"{_PATH}/preview", json=body).json())

    def replace_secret(
        self, subscription_id: str, *, overlap_hours: int = 24, scheme: Scheme | None = None
    ) -> Mapping[str, Any]:
        """A new secret: `secret` or `public_key`; the ones before sign as well for some hours."""
        body = {"overlap_hours": overlap_hours, "scheme": scheme}
        return _document(self._transport.call("POST", f"{_PATH}/{subscription_id}/secrets", json=body).json())

    def revoke_secret(self, subscription_id: str, secret_id: str) -> None:
        """End a secret that was replaced, at once."""
        self._transport.call("DELETE", f"{_PATH}/{subscription_id}/secrets/{secret_id}")

    def events(self, subscription_id: str, *, after: int = 0, page: int = 100) -> Iterator[Event]:
        """The events after a number, as far as there are any now."""
        while True:
            path = f"{_PATH}/{subscription_id}/events"
            answer = self._transport.call("GET", path, params={"after": after, "limit": page})
            told = answer.json()
            yield from map(event_of, told)
            if not told:
                return
            after = int(answer.headers["Qingdan-Next"])

    def replay(
        self, subscription_id: str, *, from_sequence: int | None = None, until_sequence: int | None = None,
        from_time: datetime | None = None, until_time: datetime | None = None, items: Sequence[str] | None = None,
    ) -> Missing:  # fmt: skip
        """Have events sent again: from a number, of a time, or of items; one of the three."""
        given = {"from_sequence": from_sequence, "until_sequence": until_sequence, "items": items and list(items),
                 "from_time": from_time and from_time.isoformat(),
                 "until_time": until_time and until_time.isoformat()}  # fmt: skip
        body = {name: value for name, value in given.items() if value is not None}
        return _missing(self._transport.call("POST", f"{_PATH}/{subscription_id}/replay", json=body).json())

    def fill_gaps(self, subscription_id: str, ranges: Iterable[tuple[int, int]]) -> Missing:
        """Have just the missing numbers sent again: `Numbers.missing()`."""
        body = {"ranges": [{"from_sequence": first, "until_sequence": last} for first, last in ranges]}
        return _missing(self._transport.call("POST", f"{_PATH}/{subscription_id}/gaps", json=body).json())

    def deliveries(self, subscription_id: str, *, failing: bool = False) -> Iterator[Mapping[str, Any]]:
        """What is not acknowledged yet."""
        return self._pages(f"{_PATH}/{subscription_id}/deliveries", state="failing" if failing else None)

    def attempts(self, subscription_id: str, *, sequence: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The delivery log, the newest first."""
        return self._pages(f"{_PATH}/{subscription_id}/attempts", sequence=sequence)

    def parked(self, subscription_id: str) -> Iterator[Mapping[str, Any]]:
        """What was put aside."""
        return self._pages(f"{_PATH}/{subscription_id}/parked")

    def park(self, subscription_id: str, sequence: int) -> None:
        """Put an event aside that you cannot take."""
        self._transport.call("POST", f"{_PATH}/{subscription_id}/deliveries/{sequence}/park")

    def resend(self, subscription_id: str, sequence: int) -> None:
        """Have a parked event sent again."""
        self._transport.call("POST", f"{_PATH}/{subscription_id}/parked/{sequence}/resend")

    def drop(self, subscription_id: str, sequence: int) -> None:
        """Do without a parked event."""
        self._transport.call("DELETE", f"{_PATH}/{subscription_id}/parked/{sequence}")

    def _pages(self, path: str, **params: Any) -> Iterator[Mapping[str, Any]]:
        cursor = None
        while True:
            told = self._transport.call("GET", path, params={"limit": 200, "cursor": cursor, **params}).json()
            yield from told["items"]
            cursor = told["next"]
            if cursor is None:
                return


def _of(told: Mapping[str, Any]) -> Subscription:
    named = ("id", "name", "state", "endpoint", "version", "last_sequence", "outstanding", "parked")
    return Subscription(**{name: told[name] for name in named}, document=told)


def _document(told: Mapping[str, Any]) -> Mapping[str, Any]:
    return told


def _missing(told: Any) -> Missing:
    return Missing(
        from_sequence=told["from_sequence"], until_sequence=told["until_sequence"], events=told["events"]
    )  # fmt: skip
