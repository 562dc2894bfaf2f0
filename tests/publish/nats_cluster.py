"""Three nats-servers on loopback with JetStream, which can be killed one by one and started again."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
from nats.js import api

BINARY = Path(sys.executable).with_name("nats-server")
NAMES = ("one", "two", "three")


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cluster:
    """The servers, by name."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(2 * len(NAMES))
        self.ports = dict(zip(NAMES, ports, strict=False))
        routes = dict(zip(NAMES, ports[len(NAMES) :], strict=True))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.opened: list[nats.NATS] = []
        self.folder = folder
        for name in NAMES:
            others = ", ".join(f"nats://127.0.0.1:{port}" for port in routes.values())
            (folder / f"{name}.conf").write_text(
                f"server_name: {name}\nhost: 127.0.0.1\nport: {self.ports[name]}\nlog_file: {folder / name}.log\n"
                f"jetstream {{ store_dir: {folder / name}, max_mem: 64MB, max_file: 256MB }}\n"
                f"cluster {{ name: test, host: 127.0.0.1, port: {routes[name]}, routes: [{others}] }}\n"
            )

    @property
    def urls(self) -> list[str]:
        return [f"nats://127.0.0.1:{port}" for port in self.ports.values()]

    def start(self, name: str) -> None:
        self.processes[name] = subprocess.Popen(
            [str(BINARY), "-c", str(self.folder / f"{name}.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    async def client(self) -> nats.NATS:
        """A reader that goes to whoever is there."""
        made = await nats.connect(
            self.urls, max_reconnect_attempts=-1, reconnect_time_wait=0.05, connect_timeout=2, error_cb=_unheard
        )
        self.opened.append(made)
        return made

    async def leave(self) -> None:
        """Close every reader: one that was forgotten would look for the servers for ever."""
        for client in self.opened:
            await client.close()
        self.opened.clear()

    async def ready(self) -> None:
        """Wait until the three have a leader of their own."""
        client = await self.client()
        try:
            await eventually(lambda: client.jetstream(timeout=1).account_info())
        finally:
            await client.close()


async def _unheard(_error: Exception) -> None:
    """Servers are killed here."""


async def eventually(ask, seconds: float = 60.0):
    """Ask again until the answer comes without an error."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await ask()
        except Exception:
            assert asyncio.get_running_loop().time() < end, "it does not come about"
            await asyncio.sleep(0.02)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Three running servers; each ended by its own process id."""
    made = Cluster(folder)
    try:
        for name in NAMES:
            made.start(name)
        yield made
    finally:
        for name in list(made.processes):
            made.kill(name)


async def read_all(client: nats.NATS, stream: str) -> list[api.RawStreamMsg]:
    """Everything the stream holds, in its order."""
    jetstream = client.jetstream(timeout=5)
    info = await eventually(lambda: jetstream.stream_info(stream))
    subscription = await eventually(
        lambda: jetstream.subscribe(
            ">", stream=stream, ordered_consumer=True, config=api.ConsumerConfig(deliver_policy=api.DeliverPolicy.ALL)
        )
    )
    found = [await subscription.next_msg(timeout=5) for _ in range(info.state.messages)]
    await subscription.unsubscribe()
    return found
