"""In what a container differs from what was deployed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kgo_tui.core.drift import Oddity, absent, configs, oddities
from kgo_tui.core.model import ContainerView, Image, Release, State
from kgo_tui.core.state import EngineState
from tests.core.values import AT, CONTAINER, DEPLOYMENT, RELEASE

KNOWN = replace(RELEASE, configs={"app": "h1"})
AS_DEPLOYED = replace(CONTAINER, config_hash="h1", restart_policy="unless-stopped")
STOPPED = replace(AS_DEPLOYED, state="exited", exit_code=137)


@pytest.mark.parametrize(
    ("container", "deployed", "found"),
    [
        (AS_DEPLOYED, KNOWN, ()),
        (AS_DEPLOYED, None, ()),
        (AS_DEPLOYED, RELEASE, ()),
        (replace(AS_DEPLOYED, image_id="sha256:other"), KNOWN, (Oddity.IMAGE,)),
        (replace(AS_DEPLOYED, config_hash="h2"), KNOWN, (Oddity.CONFIG,)),
        (replace(AS_DEPLOYED, config_hash=""), KNOWN, ()),
        (replace(AS_DEPLOYED, service="old"), KNOWN, (Oddity.ORPHAN,)),
        (replace(AS_DEPLOYED, service="old"), replace(KNOWN, adopted=True), ()),
        (STOPPED, KNOWN, (Oddity.STOPPED,)),
        (replace(STOPPED, exit_code=0), None, (Oddity.STOPPED,)),
        (replace(STOPPED, restart_policy="no"), KNOWN, ()),
        (replace(STOPPED, restart_policy="on-failure:3"), KNOWN, ()),
        (replace(STOPPED, service="old"), KNOWN, (Oddity.ORPHAN, Oddity.STOPPED)),
        (replace(STOPPED, image_id="x", oneoff=True), KNOWN, (Oddity.ONE_OFF,)),
        (
            replace(AS_DEPLOYED, image_id="x", config_hash="h2"),
            KNOWN,
            (Oddity.IMAGE, Oddity.CONFIG),
        ),
    ],
)
def test_oddities(container: ContainerView, deployed: Release | None, found: tuple[Oddity, ...]) -> None:
    assert oddities(container, deployed) == found


def test_a_service_without_a_container_is_absent_unless_a_deployment_is_at_it() -> None:
    two = replace(KNOWN, images={**KNOWN.images, "db": Image(ref="db", image_id="sha256:3")})
    state = EngineState(instance="test", version="1", deployed=two, containers=(AS_DEPLOYED,))
    assert absent(state) == ("db",)
    assert absent(replace(state, containers=())) == (), "none was seen yet"
    assert absent(replace(state, deployed=None)) == ()
    applying = replace(DEPLOYMENT, state=State.APPLYING, started_at=AT)
    assert absent(replace(state, deployment=applying)) == ()


def test_the_configuration_of_a_release_is_that_of_its_own_containers() -> None:
    by_hand = replace(AS_DEPLOYED, config_hash="h9", oneoff=True)
    unknown = replace(AS_DEPLOYED, service="db", config_hash="")
    assert configs((AS_DEPLOYED, by_hand, unknown)) == {"app": "h1"}
