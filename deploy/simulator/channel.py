"""A channel that shows lists: `python -m deploy.simulator.channel --port 0 [--token T]`.

`PUT /copies/<list>` stores a copy, `GET /copies/<list>` shows it. Under /control its user says what is to go wrong:
`{"down": true}`, `{"delay": 0.5}`, `{"deaf": true}` (takes copies and does not show them); `POST /control/tamper`
changes what is shown of a list, `POST /control/follow` lets it read a list's copy from an address again and again, as a
portal does. It prints the port it listens on. Not part of the product: tests start it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# How often a portal that follows us reads.
_FOLLOWING_SECONDS = 0.2
# Of our own installation and nowhere else: no proxy of the environment stands between.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Shown:
    """What the channel shows, and what is wrong with it."""

    copies: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    control: dict[str, Any] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    puts: int = 0


class Server(ThreadingHTTPServer):
    """The channel."""

    daemon_threads = True

    def __init__(self, port: int = 0, token: str | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.shown = Shown()
        self.token = token
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """Where copies are put and read."""
        return f"http://127.0.0.1:{self.server_address[1]}/copies/{{list_id}}"

    def follow(self) -> None:
        """Read what is followed, until the end."""
        while not self.ended.wait(_FOLLOWING_SECONDS):
            if self.shown.control.get("down"):
                continue
            for list_id, address in list(self.shown.follows.items()):
                with contextlib.suppress(OSError), _OPENER.open(address, timeout=10) as answer:
                    self.shown.copies[list_id] = answer.read()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at what is shown."""

    def do_GET(self) -> None:
        """Show a copy, or what is going wrong."""
        if self.path == "/control":
            self._answer(200, json.dumps(self.server.shown.control).encode())
            return
        if not self._works():
            return
        content = self.server.shown.copies.get(self.path.removeprefix("/copies/"))
        self._answer(404 if content is None else 200, content or b"")

    def do_PUT(self) -> None:
        """Take a copy."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._works():
            return
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._answer(401, b"")
            return
        list_id = self.path.removeprefix("/copies/")
        self.server.shown.puts += 1
        self.server.shown.headers[list_id] = dict(self.headers.items())
        if not self.server.shown.control.get("deaf"):
            self.server.shown.copies[list_id] = content
        self._answer(204, b"")

    def do_POST(self) -> None:
        """What its user says."""
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        shown = self.server.shown
        match self.path:
            case "/control/tamper":
                old = shown.copies[given["list_id"]]
                shown.copies[given["list_id"]] = old.replace(given["old"].encode(), given["new"].encode())
            case "/control/follow":
                shown.follows[given["list_id"]] = given["url"]
            case "/control":
                shown.control |= given
        self._answer(200, json.dumps(shown.control).encode())

    def _works(self) -> bool:
        control = self.server.shown.control
        time.sleep(float(control.get("delay") or 0))
        if control.get("down"):
            self._answer(503, b"")
        return not control.get("down")

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def running(token: str | None = None, port: int = 0) -> Iterator[Server]:
    """A channel in threads of this process while the block runs."""
    server = Server(port, token)
    threads = [threading.Thread(target=work, daemon=True) for work in (server.serve_forever, server.follow)]
    for thread in threads:
        thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m deploy.simulator.channel")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--token", help="the bearer token that is asked for")
    given = parser.parse_args()
    with running(given.token, given.port) as server:
        print(server.server_address[1], flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
