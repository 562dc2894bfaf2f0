"""A client that asks as fast as it is answered, in a process of its own: `python -m benchmarks.load < task.json`.

Raw sockets and keep-alive, one request at a time per connection. It does as little as can be done while checking every
answer: status, and that the body speaks of what was asked for. A ready-made client would cost more than the servers.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from benchmarks.measure import percentile

WARM_SECONDS = 0.3
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Ask:
    """A request, a piece of text its answer must contain, and the status it must have."""

    path: str
    expect: str = ""
    tag: str = ""
    status: int = 200

    @property
    def raw(self) -> bytes:
        """The bytes that are sent."""
        tag = f"If-None-Match: {self.tag}\r\n" if self.tag else ""
        return f"GET {self.path} HTTP/1.1\r\nHost: bench\r\n{tag}\r\n".encode()


@dataclass(frozen=True)
class Result:
    """What a load reached."""

    requests: int
    seconds: float
    wrong: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Caller(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, checks it, asks again."""

    def __init__(self, asks: Sequence[tuple[bytes, bytes, bytes]], first: int) -> None:
        self._asks = asks
        self._next = first
        self._status = b""
        self._buffer = b""
        self._sent = 0.0
        self._expect = b""
        self.latencies: list[float] = []
        self.wrong = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        """Ask for the first time."""
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take what came; when the answer is whole, ask again."""
        self._buffer = self._buffer + data if self._buffer else data
        head = self._buffer.find(_END)
        if head < 0:
            return
        length = self._length(head)
        if len(self._buffer) < head + 4 + length:
            return
        self.latencies.append(time.perf_counter() - self._sent)
        if not self._buffer.startswith(self._status) or self._expect not in self._buffer:
            self.wrong += 1
        self._buffer = b""
        self._ask()

    def _length(self, head: int) -> int:
        at = self._buffer.find(_LENGTH, 0, head)
        if at < 0:
            return 0
        at += len(_LENGTH)
        return int(self._buffer[at : self._buffer.index(b"\r\n", at)])

    def _ask(self) -> None:
        assert self.transport is not None
        raw, self._expect, self._status = self._asks[self._next % len(self._asks)]
        self._next += 1
        self._sent = time.perf_counter()
        self.transport.write(raw)


async def call(port: int, asks: Sequence[Ask], *, connections: int, seconds: float) -> Result:
    """Load a server of this machine and say what it did."""
    loop = asyncio.get_running_loop()
    raw = [(ask.raw, ask.expect.encode(), b"HTTP/1.1 %d" % ask.status) for ask in asks]
    callers = [Caller(raw, number * 7919) for number in range(connections)]
    ready = iter(callers)
    for _ in callers:
        await loop.create_connection(lambda: next(ready), "127.0.0.1", port)
    await asyncio.sleep(WARM_SECONDS)
    before = [len(caller.latencies) for caller in callers]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - started
    latencies = [value for caller, n in zip(callers, before, strict=True) for value in caller.latencies[n:]]
    for caller in callers:
        if caller.transport:
            caller.transport.abort()
    wrong = sum(caller.wrong for caller in callers)
    return Result(len(latencies), took, wrong, percentile(latencies, 50), percentile(latencies, 99))


async def run_load(port: int, asks: Sequence[Ask], *, seconds: float, connections: int = 16) -> Result:
    """Load a server from a process of its own.

    Raises
    ------
    RuntimeError
        An answer was wrong: a rate of wrong answers is no rate.
    """
    task = {"port": port, "asks": [asdict(ask) for ask in asks], "connections": connections, "seconds": seconds}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(task).encode())
    if process.returncode != 0:
        raise RuntimeError("the load client died")
    result = Result(**json.loads(out))
    if result.wrong or not result.requests:
        raise RuntimeError(f"{result.wrong} of {result.requests} answers were wrong, e.g. to {asks[0].path}")
    return result


def main() -> None:
    """Serve one task from standard input."""
    task = json.load(sys.stdin)
    asks = [Ask(**ask) for ask in task.pop("asks")]
    result = uvloop.run(call(task.pop("port"), asks, **task))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
