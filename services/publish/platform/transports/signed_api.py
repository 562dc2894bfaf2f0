"""Transport `signed_api`: requests signed with an appKey, answers as `{code, msg, data}` (docs/signed-api.md).

Platforms with such an API differ in addresses and codes: both are options of the peer. A code that nobody has named
means: not now - a row is never lost, and never taken for refused, over a code we do not know.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import Field, StringConstraints

from services.publish.platform import rules
from services.publish.platform.comparisons.rules import inventory_of
from services.publish.platform.rules import BadAnswer, Verdict
from services.publish.platform.transports.contract import (
    Address,
    Answer,
    Batch,
    BatchRefused,
    Capability,
    FeedbackPage,
    InventoryPage,
    Options,
    PeerFailure,
    Transport,
)
from services.publish.platform.transports.http import REFUSALS, Connection
from shared import clock
from shared.appkey import signature
from shared.appkey.signature import Algorithm, Signed

PAGE = 500
INVENTORY_PAGE = 1_000
NONCE_BYTES = 16
LONGEST_MESSAGE = 200

Path = Annotated[str, StringConstraints(pattern=r"^/[0-9A-Za-z/_:.-]{1,200}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,50}$")]
# again: not now, at once or after the usual pauses | throttled: not before the pause | refused: the batch as it is
# will never be taken | pending: it has the batch and decides later
Meaning = Literal["again", "throttled", "refused", "pending"]


class SignedOptions(Options):
    """What differs between platforms with such an API."""

    app_key: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    algorithm: Algorithm = "HMAC-SHA256"
    push_path: Path = "/items/push"
    feedback_path: Path | None = Field(default="/feedback/query", description="Empty: it tells nothing later")
    inventory_path: Path | None = Field(default="/items/query", description="Empty: nothing can be compared")
    well: tuple[Code, ...] = Field(default=("0", "200"), min_length=1, max_length=20)
    row_well: tuple[Code, ...] = Field(default=("00", "0", "200"), min_length=1, max_length=20)
    meanings: dict[Code, Meaning] = Field(
        default={"202": "pending", "400": "refused", "413": "refused", "422": "refused", "429": "throttled"},
        max_length=200, description="What a code of the envelope means; a code that is not named: again",
    )  # fmt: skip
    pause_seconds: float = Field(default=60.0, ge=0, le=3600, description="After `throttled` and `pending`")


@dataclass(frozen=True)
class Told:
    """An envelope as it was read."""

    code: str
    message: str
    data: Any


class SignedApi(Transport):
    """A platform with a signed API; it has what its options give a path for."""

    def __init__(self, address: Address) -> None:
        assert isinstance(address.options, SignedOptions)
        self._options = address.options
        paths = {Capability.FEEDBACK: self._options.feedback_path, Capability.INVENTORY: self._options.inventory_path}
        self.capabilities = frozenset({Capability.PUSH, *(able for able, path in paths.items() if path is not None)})
        self._source = address.source
        self._base = urlsplit(address.base_url).path.rstrip("/")
        self._connection = Connection(address)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    async def send(self, batch: Batch) -> Answer:
        body = orjson.dumps({"DATA_SOURCE": self._source, "CD_BATCH": batch.number, "list": batch.rows})
        told = await self._ask("POST", self._options.push_path, body=body)
        if self._options.meanings.get(told.code) == "pending":
            return Answer(pending=_pause(told, self._options))
        return Answer([self._verdict(one) for one in rules.verdicts(self._data(told), batch.row_guids)])

    async def feedback(self, cursor: str) -> FeedbackPage:
        if self._options.feedback_path is None:
            return FeedbackPage((), cursor)
        asked = {"source": self._source, "since": cursor, "limit": PAGE}
        told = await self._ask("GET", self._options.feedback_path, asked=asked)
        return FeedbackPage(*rules.feedback_of(self._data(told)))

    async def inventory(self, cursor: str) -> InventoryPage:
        if self._options.inventory_path is None:
            return InventoryPage([])
        asked = {"source": self._source, "cursor": cursor, "limit": INVENTORY_PAGE}
        told = await self._ask("GET", self._options.inventory_path, asked=asked)
        return InventoryPage(*inventory_of(self._data(told)))

    def _verdict(self, one: Verdict) -> Verdict:
        """In the exchange's own code. Where `00` is none of the codes for well it must not be read as one."""
        code = rules.code_of(one.code, self._options.row_well)
        return replace(one, code=code) if code != rules.WELL else Verdict(one.row_guid, code, one.remark)

    async def _ask(self, method: str, path: str, *, asked: Mapping[str, Any] | None = None, body: bytes = b"") -> Told:
        """One signed request; every attempt has a nonce and an instant of its own.

        Raises
        ------
        PeerFailure, BatchRefused, BadAnswer
        """
        query = urlencode(asked or {})
        headers = self._signed(method, path, query, body) | ({"Content-Type": "application/json"} if body else {})
        reply = await self._connection.ask(
            method, path + (f"?{query}" if query else ""), headers=headers, content=body or None
        )
        if reply.status in REFUSALS:
            raise BatchRefused(f"平台拒收（HTTP {reply.status}）", reply.status)
        if reply.status != 200:
            raise PeerFailure(f"平台应答 HTTP {reply.status}", asked=reply.asked)
        told = read(reply.body)
        meaning = self._options.meanings.get(told.code)
        if meaning == "refused":
            raise BatchRefused(f"平台拒收（代码 {told.code}）：{told.message}", told.code)
        if meaning == "throttled":
            raise PeerFailure(f"平台限流（代码 {told.code}）：{told.message}", asked=_pause(told, self._options))
        if told.code not in self._options.well and meaning != "pending":
            raise PeerFailure(f"平台应答代码 {told.code}：{told.message}", asked=reply.asked)
        return told

    def _signed(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        secret = self._connection.secret()
        if secret is None:
            raise PeerFailure("没有登记签名密钥文件，请在平台的 credential 中指明")
        signed = Signed(self._options.app_key, str(signature.milliseconds(clock.now())), secrets.token_hex(NONCE_BYTES))
        return signature.headers(
            secret.encode(), method=method, path=f"{self._base}{path}".encode(), query=query.encode(), body=body,
            signed=signed, algorithm=self._options.algorithm,
        )  # fmt: skip

    @staticmethod
    def _data(told: Told) -> Mapping[str, Any]:
        if not isinstance(told.data, Mapping):
            raise BadAnswer("应答中的 data 应为对象")
        return told.data


def read(body: bytes) -> Told:
    """An envelope; codes are compared as text, whether a platform writes 0 or "0".

    Raises
    ------
    BadAnswer
    """
    try:
        envelope = orjson.loads(body)
        code = envelope["code"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnswer("应答不符合接口约定（应为 code、msg 与 data）") from error
    if isinstance(code, bool) or not isinstance(code, (str, int)):
        raise BadAnswer("应答中的 code 应为数字或文本")
    return Told(rules.kept(code, 50), rules.kept(envelope.get("msg"), LONGEST_MESSAGE), envelope.get("data"))


def _pause(told: Told, options: SignedOptions) -> float:
    """How long to wait: what the platform says in `retry_after`, else the peer's own pause."""
    given = told.data.get("retry_after") if isinstance(told.data, Mapping) else None
    sound = isinstance(given, (int, float)) and not isinstance(given, bool) and 0 <= given <= rules.LONGEST_ASKED
    return float(given) if sound and given is not None else options.pause_seconds
