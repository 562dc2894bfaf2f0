"""The posts that act in the demo, each an account of its own; nobody approves what they compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from shared.system import System


class Refused(Exception):
    """An answer that is a problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')} {problem.get('errors') or ''}")
        self.status = status
        self.problem = problem


class Person:
    """Somebody signed in, talking to the services as any client would."""

    def __init__(self, system: System, login: str, password: str) -> None:
        self._clients = {
            name: httpx.Client(base_url=system.url(name), timeout=60, trust_env=False) for name in system.ports
        }
        self.login = login
        self._password = password
        self._sign_in()

    def get(self, path: str, **query: Any) -> Any:
        """A document."""
        return self._send("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, etag: str | None = None, **options: Any) -> Any:
        """Do something once, however often the network makes us ask."""
        headers = {"Idempotency-Key": uuid4().hex} | ({"If-Match": etag} if etag else {})
        return self._send("POST", path, json=body, headers=headers, **options)

    def put(self, path: str, body: Mapping[str, Any], etag: str | None = None) -> Any:
        """Replace something."""
        return self._send("PUT", path, json=body, headers={"If-Match": etag} if etag else {})

    def patch(self, path: str, body: Mapping[str, Any], etag: str) -> Any:
        """Change a part of something."""
        return self._send("PATCH", path, json=body, headers={"If-Match": etag})

    def all_of(self, path: str, **query: Any) -> list[Any]:
        """Every page of a list of things."""
        items: list[Any] = []
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, limit=200, **query)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def download(self, path: str) -> bytes:
        """A file."""
        answer = self._clients[path.split("/")[1]].get(path)
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.json())
        return answer.content

    def upload(self, path: str, name: str, content: bytes, fields: Mapping[str, str]) -> httpx.Response:
        """Send a file with its form fields; the answer as it is."""
        client = self._clients[path.split("/")[1]]
        return client.post(path, files={"file": (name, content, "text/csv")}, data=dict(fields))

    def _sign_in(self) -> None:
        # What has expired would be refused here as everywhere.
        self._clients["catalog"].headers.pop("Authorization", None)
        answer = self._clients["catalog"].post(
            "/catalog/v1/tokens", json={"login": self.login, "password": self._password}
        )
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.json())
        for client in self._clients.values():
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _send(self, method: str, path: str, **options: Any) -> Any:
        client = self._clients[path.split("/")[1]]
        answer = client.request(method, path, **options)
        if answer.status_code == 401:
            self._sign_in()
            answer = client.request(method, path, **options)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer.json() if answer.content else None
