"""A provincial platform to exchange with: `python -m deploy.simulator.platform --port 0 --storage FILE [--token T]`.

Serves the contract of docs/platform.md and, under /control, lets its user say what is to go wrong. It prints the port
it listens on. Not part of the product: demo, tests and benchmark start it.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deploy.simulator.repository import Storage

# An RST instead of an orderly end of the connection.
_LINGER = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
    """The platform; requests are taken one at a time, as a small platform does."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, storage: Storage, token: str | None, handler: type[Handler] | None = None) -> None:
        super().__init__(("127.0.0.1", port), handler or Handler)
        self.storage = storage
        self.token = token
        self.lock = threading.Lock()


class Gone(Exception):
    """The connection is to be cut without an answer."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at the storage."""

    def do_GET(self) -> None:
        """Everything that is read."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Batches, and what the user of the simulator says."""
        self._serve("POST")

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if url.path.startswith("/control"):
                with self.server.lock:
                    self._answer(200, self._controlled(method, url.path, asked, body))
            else:
                self._answer(*self._contract(method, url.path, asked, body))
        except Gone:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            self.close_connection = True
            self.connection.close()

    # -- the contract --------------------------------------------------------------------------------------------

    def _contract(self, method: str, path: str, asked: dict[str, str], body: bytes) -> tuple[int, Any]:
        with self.server.lock:
            wrong = self.server.storage.control()
        time.sleep(float(wrong.get("delay") or 0))
        if wrong.get("down"):
            raise Gone
        with self.server.lock:
            if self.server.storage.use_up("fail"):
                if wrong.get("fail_with", 503) == "reset":
                    raise Gone
                return int(wrong.get("fail_with") or 503), _envelope("99", "系统繁忙", {})
            if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
                return 401, _envelope("97", "凭证无效", {})
            told = self._told(method, path, asked, body)
            if told is None:
                return 404, _envelope("98", "没有这个接口", {})
            if method == "POST" and self.server.storage.use_up("lose"):
                raise Gone
        return 200, _envelope("00", "", told)

    def _told(self, method: str, path: str, asked: dict[str, str], body: bytes) -> dict[str, Any] | None:
        storage, source = self.server.storage, asked.get("source", "")
        limit = min(int(asked.get("limit", "500")), 1_000)
        match method, path:
            case "POST", "/items:batch":
                given = json.loads(body)
                verdicts = storage.take(given["DATA_SOURCE"], given["CD_BATCH"], given["list"])
                return {"BATCH": given["CD_BATCH"], "list": verdicts}
            case "GET", "/items":
                return storage.inventory(source, asked.get("cursor", ""), limit)
            case "GET", "/feedback":
                return storage.feedback(source, int(asked.get("since") or 0), limit)
            case "GET", "/catalogue":
                return storage.catalogue(int(asked.get("since") or 0), asked.get("after", ""), limit)
        return None

    # -- its user ------------------------------------------------------------------------------------------------

    def _controlled(self, method: str, path: str, asked: dict[str, str], body: bytes) -> Any:
        storage = self.server.storage
        given = json.loads(body) if body else {}
        match method, path:
            case "GET", "/control/items":
                return storage.held(asked["source"])
            case "GET", "/control/seen":
                return storage.seen()
            case "POST", "/control/forget":
                storage.forget(given["source"], given["guid"])
            case "POST", "/control/feedback":
                storage.complain(given.pop("source"), given)
            case "POST", "/control/catalogue":
                storage.publish(given["list"])
            case "POST", "/control":
                storage.set_control(given)
        return storage.control()

    def _answer(self, status: int, told: Any) -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _envelope(code: str, text: str, data: Any) -> dict[str, Any]:
    return {"STATUS": {"CODE": code, "TEXT": text}, "data": data}


def main(program: str, storage: type[Storage], handler: type[Handler]) -> None:
    """Entry point of this and of other platforms that speak HTTP."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--storage", type=Path, required=True, help="SQLite file")
    parser.add_argument("--token", help="the token or key that is asked for")
    given = parser.parse_args()
    server = Server(given.port, storage(given.storage), given.token, handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main("deploy.simulator.platform", Storage, Handler)
