"""The client: one object, one connection pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from qingdan_client.events import Event, event_of
from qingdan_client.subscriptions import Subscriptions
from qingdan_client.transport import Transport

# What the API waits for at most; a little more for the way.
LONGEST_WAIT = 20
TIMEOUT_SECONDS = 30.0


class Client:
    """A client of one installation; what everybody may read needs no credentials.

    Parameters
    ----------
    address : such as `https://qingdan.example.gov.cn`.
    catalog : where the catalog service issues tokens, when it has an address of its own.
    scope : asked for with each token; left out: all that the client has.
    transport : of httpx, such as one with a proxy or a client certificate.
    """

    def __init__(
        self, address: str, *, client_id: str | None = None, client_secret: str | None = None,
        catalog: str | None = None, scope: str | None = None, timeout: float = TIMEOUT_SECONDS,
        transport: httpx.BaseTransport | None = None, trust_env: bool = True,
    ) -> None:  # fmt: skip
        self._http = httpx.Client(timeout=timeout, transport=transport, trust_env=trust_env)
        credentials = (client_id, client_secret) if client_id and client_secret else None
        self._transport = Transport(
            self._http, publish=address, catalog=catalog or address, credentials=credentials, scope=scope
        )
        self.subscriptions = Subscriptions(self._transport)

    def feed(self, after: int = 0, *, follow: bool = False, page: int = 100) -> Iterator[Event]:
        """The public feed behind a number; `follow`: for ever, waiting for what comes.

        Keep `sequence` of the last event you have dealt with: it is the `after` of the next time.
        """
        while True:
            wait = LONGEST_WAIT if follow else None
            answer = self._transport.call(
                "GET", "/feed", params={"after": after, "limit": page, "wait": wait}, known=False
            )  # fmt: skip
            told = answer.json()
            yield from map(event_of, told)
            if not told and not follow:
                return
            after = int(answer.headers["Qingdan-Next"])

    def event_types(self) -> list[Mapping[str, Any]]:
        """The registry of event types."""
        return list(self._transport.call("GET", "/event-types", known=False).json()["items"])

    def lists(self) -> Iterator[Mapping[str, Any]]:
        """The published lists, with their revisions."""
        cursor = None
        while True:
            told = self._transport.call("GET", "/lists", params={"cursor": cursor}, known=False).json()
            yield from told["items"]
            cursor = told["next"]
            if cursor is None:
                return

    def item(self, item_id: str) -> Mapping[str, Any]:
        """A published entry."""
        found: Mapping[str, Any] = self._transport.call("GET", f"/items/{item_id}", known=False).json()
        return found

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
