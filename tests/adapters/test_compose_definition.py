"""From Compose's JSON to services."""

from __future__ import annotations

from typing import Any

import pytest

from kgo_tui.adapters.compose.definition import decode, define
from kgo_tui.core.model import Service


def only(body: dict[str, Any], **more: Any) -> Service:
    return define({"name": "shop", "services": {"api": body}}, "api abc\n", **more).services[0]


def test_a_service_is_read_with_its_hash() -> None:
    assert only({"image": "app:1"}) == Service(name="api", image="app:1", config_hash="abc")


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"scale": 3}, "replicas", 3),
        ({"scale": 0}, "replicas", 0),
        ({"deploy": {"replicas": 0}}, "replicas", 0),
        ({"deploy": {}}, "replicas", 1),
        ({"container_name": "x"}, "fixed_name", True),
        ({"healthcheck": {"test": ["CMD", "true"]}}, "healthcheck", True),
        ({"healthcheck": {"disable": True}}, "healthcheck", False),
        ({"healthcheck": {"test": ["NONE"]}}, "healthcheck", False),
        ({"ports": [{"target": 80, "published": "8080"}]}, "host_ports", True),
        ({"ports": [{"target": 80}]}, "host_ports", False),
        ({"network_mode": "host"}, "host_ports", True),
        ({"build": {"context": "."}}, "builds", True),
    ],
)
def test_each_property_is_read(body: dict[str, Any], field: str, value: object) -> None:
    assert getattr(only({"image": "app:1", **body}), field) == value


def test_the_image_of_a_service_that_is_only_built_is_the_one_that_compose_lists() -> None:
    built = {"build": {"context": "."}}
    assert only(built).image == "shop-api"
    assert only(built, listed_images="app:1\nshop_api\n").image == "shop_api", "compatibility mode"


def test_what_is_pulled_and_what_is_built() -> None:
    build = {"build": {"context": "."}}
    services = {
        "a": {"image": "a:1"},
        "b": build,
        "c": {"image": "c:1", **build},
        "d": {"image": "d:1", "pull_policy": "build", **build},
        "e": {"image": "e:1", "pull_policy": "never"},
    }
    found = define({"name": "shop", "services": services}, "")
    assert found.only_pulled() == ["a", "e"]
    assert found.pulled_or_built() == ["c"]
    assert found.only_built() == ["b", "d"]


def test_a_project_without_services_is_empty() -> None:
    assert define({"name": "shop"}, "").services == ()


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"null"])
def test_what_is_no_configuration_is_refused(text: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(text)
