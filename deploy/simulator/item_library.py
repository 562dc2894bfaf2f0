"""An item library to exchange with: `python -m deploy.simulator.item_library --port 0 --storage FILE [--token T]`.

Serves the library's part of docs/platform.md and, under /control, lets its user say what is to go wrong.
"""

from __future__ import annotations

import json
from typing import Any

from deploy.simulator import platform
from deploy.simulator.library.repository import Library


class LibraryHandler(platform.Handler):
    """One connection to the library."""

    def _told(self, method: str, path: str, asked: dict[str, str], body: bytes) -> dict[str, Any] | None:
        library = self.server.storage
        assert isinstance(library, Library)
        match method, path:
            case "POST", "/items":
                given = json.loads(body)
                return {"list": library.receive(given["ITEM_SOURCE"], given["CD_BATCH"], given["list"])}
            case "GET", "/items":
                since, limit = int(asked.get("LASTTIMESTAMP") or 0), min(int(asked.get("limit", "500")), 1_000)
                return library.changes(asked.get("ITEM_SOURCE"), since, limit)
        return None

    def _controlled(self, method: str, path: str, asked: dict[str, str], body: bytes) -> Any:
        library = self.server.storage
        if (method, path) == ("POST", "/control/review") and isinstance(library, Library):
            given = json.loads(body)
            library.review(given["source"], given["guid"], given["opinion"])
            return library.control()
        return super()._controlled(method, path, asked, body)


if __name__ == "__main__":
    platform.main("deploy.simulator.item_library", Library, LibraryHandler)
