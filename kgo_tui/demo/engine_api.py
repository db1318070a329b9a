"""The engine's API on its Unix socket, as far as the sandbox needs it: ask, list, remove.

Starts and stops nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from kgo_tui.demo.local import local_client

PING_DEADLINE_S = 2.0
IMAGE_ROUNDS = 3


class EngineApi:
    """Whoever listens on `socket` now."""

    def __init__(self, path: Path) -> None:
        self.socket = path

    def answers(self) -> bool:
        """Is dockerd there? Asked by hand, since httpx forgets to close a socket that nobody listens on."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PING_DEADLINE_S)
            try:
                line.connect(str(self.socket))
                line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in line.recv(64)
            except OSError:
                return False

    def request(
        self, method: str, path: str, *, query: Mapping[str, object] | None = None, timeout_s: float = 60.0
    ) -> httpx.Response:
        """One call; what is not text in the query is sent as JSON, as the API wants its filters."""
        parameters = {name: _text(value) for name, value in (query or {}).items()}
        with local_client("http://docker", socket=self.socket, timeout_s=timeout_s) as client:
            return client.request(method, path, params=parameters)

    def get(self, path: str, **filters: list[str]) -> Any:
        """What is listed there, with these filters."""
        query = {"filters": filters, "all": "true"} if filters else {"all": "true"}
        return self.request("GET", path, query=query).raise_for_status().json()

    def clear(self, *labels: str, keep: str | None = None) -> None:
        """Remove containers, networks, volumes and images: those with all of the labels, or simply all.

        Images whose label `keep` is not empty stay.
        """
        filters = {"label": list(labels)} if labels else {}
        networks = self.get("/networks", **(filters or {"type": ["custom"]}))
        volumes = self.get("/volumes", **filters)["Volumes"] or []
        self._delete("/containers", (box["Id"] for box in self.get("/containers/json", **filters)), v="true")
        self._delete("/networks", (network["Id"] for network in networks))
        self._delete("/volumes", (volume["Name"] for volume in volumes))
        images = self.get("/images/json", **filters)
        self._delete("/images", (image["Id"] for image in images if not (image["Labels"] or {}).get(keep)))

    def _delete(self, kind: str, names: Iterable[str], **query: str) -> None:
        def delete(name: str) -> None:
            self.request("DELETE", f"{kind}/{name}", query={"force": "true", **query})

        with ThreadPoolExecutor(8) as pool:  # ending a container takes a while, most of it waiting
            list(pool.map(delete, names))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
