"""The JSON that users' scripts read, written out: DESIGN section 2, `status --json` and `history --json`.

A literal copy of the contract, so that a change of the code's own idea of it does not go unnoticed.
"""

from __future__ import annotations

import re
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SHA = re.compile(r"[0-9a-f]{40}")
IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")

COMMIT = {"sha": SHA, "subject": str, "author": str, "committed_at": TIME}
STEP = {"state": str, "started_at": TIME, "ended_at": (TIME, None), "outcome": (str, None)}
DEPLOYMENT = {
    "id": int,
    "trigger": {"poll", "manual", "rollback", "push"},
    "by": str,
    "from_commit": (SHA, None),
    "to_commit": SHA,
    "state": {
        *("queued", "preparing", "pulling", "waiting_images", "reverting", "applying", "verifying"),
        *("rolling_back", "verifying_rollback", "succeeded", "abandoned", "rolled_back", "rollback_failed"),
    },
    "started_at": TIME,
    "ended_at": (TIME, None),
    "duration_s": (float, None),
    "downtime_ms": (int, None),
    "failure": (str, None),
    "steps": [STEP],
}
HEALTH = {
    "ok": bool,
    "status_code": (int, None),
    "latency_ms": (float, None),
    "tls": (str, None),
    "tls_days_left": (int, None),
    "at": TIME,
}
STATUS = {
    "schema": int,
    "instance": str,
    "version": str,
    "repository": {
        "path": str,
        "branch": str,
        "remote_url": (str, None),
        "local": (COMMIT, None),
        "remote": (COMMIT, None),
        "ahead": (int, None),
        "behind": (int, None),
    },
    "deployed": (
        {"deployment_id": int, "commit": SHA, "at": TIME, "images": {...: IMAGE_ID}},
        None,
    ),
    "activity": {"idle", "checking", "deploying", "rolling_back"},
    "deployment": (DEPLOYMENT, None),
    "suspended": ({"reason": str, "by": str, "since": TIME}, None),
    "quarantined": [{"commit": SHA, "reason": str, "at": TIME, "deployment": (int, None)}],
    "next_check_at": (TIME, None),
    "worker": {
        "running": bool,
        "pid": (int, None),
        "started_at": (TIME, None),
        "checks_today": int,
        "deployments_today": int,
    },
    "health": (HEALTH, None),
    "containers": [
        {
            "service": str,
            "name": str,
            "image": str,
            "image_id": IMAGE_ID,
            "state": str,
            "health": (str, None),
            "exit_code": (int, None),
            "started_at": (TIME, None),
        }
    ],
    "verdict": {"ok", "warning", "critical"},
    "reason": str,
}


def assert_like(value: Any, shape: Any, at: str = "") -> None:
    """Exactly these keys, and values of these kinds; a tuple of shapes means any of them."""
    if isinstance(shape, tuple):
        if value is not None:
            assert_like(value, shape[0], at)
    elif isinstance(shape, dict):
        _assert_object(value, shape, at)
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for number, item in enumerate(value):
            assert_like(item, shape[0], f"{at}[{number}]")
    elif isinstance(shape, set):
        assert value in shape, f"{at}: {value!r}"
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str), f"{at}: {value!r}"
        assert shape.fullmatch(value), f"{at}: {value!r}"
    else:
        assert type(value) is shape, f"{at}: {value!r} is no {shape.__name__}"


def _assert_object(value: Any, shape: dict[Any, Any], at: str) -> None:
    assert isinstance(value, dict), f"{at}: {value!r}"
    if ... not in shape:
        assert value.keys() == shape.keys(), at
    for key, item in value.items():
        assert_like(item, shape.get(key, shape.get(...)), f"{at}.{key}")
