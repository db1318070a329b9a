"""Which kind of record an event makes, and the fixed MESSAGE_ID of each kind.

Owns the ids: made once at random, never changed, the keys of the catalogs in `systemd/`. Must not
know the fields or the wording of a record. The kinds are finer than events: the end of a
deployment is five different things to an admin.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.core import messages as m
from kgo_tui.core.model import Deployment, Outcome, State, Step
from kgo_tui.core.report import succeeded

MESSAGE_IDS: Mapping[str, str] = {
    "worker_started": "f9eda96a69244a50b3b6777bf3451531",
    "worker_stopping": "c2eb7e62a04941ab9cc6041a200dc7ca",
    "worker_finishing": "732a9ce64097428786b22b3bfa4e11e6",
    "configuration_reloaded": "d8b573094f9e4dcaafff79f77a4f566d",
    "check_started": "d8898f1ce84141398881d419d8442c90",
    "decision_nothing": "6794ae74015a4addaf1a2ccd8c7c6983",
    "decision_wait": "ee6808ff9b354a14be5bede54549e867",
    "decision_refuse": "2ad01959cadc47e2adfa382079246c20",
    "decision_deploy": "1d3efac5d6fa4843817e1caec4d0c355",
    "commit_detected": "6012b7590d2a4980b1a176c5ba435d83",
    "release_adopted": "27841df70fa14ca587bd77423f91294b",
    "deployment_queued": "ce2aed70a36a40aba6d595a7d413464a",
    "step_started": "1de71441fbac4279bd6ef8cb4b40863e",
    "step_finished": "7480592955a24190a67741fb37452a56",
    "step_failed": "4ae9b2110a4643dfb4b3a888191f27a0",
    "health_check_passed": "7ad3115e90234fc3bdd9721a95076cab",
    "health_check_failed": "20c26e5c32a64f5b84c9de520771776b",
    "probe_attempted": "79d2977349184be4b10773216a9c7454",
    "deployment_succeeded": "3e6ab3487fa44ab9ab8cdf37e70f06e2",
    "deployment_rolled_back": "af8fc684427349f194a99fd2d200bbbd",
    "deployment_went_back": "3a2a8fd9c4a54c25b88d62154d8c39e6",
    "deployment_abandoned": "84b0fd8b93c640f38761848a6b51a410",
    "deployment_rollback_failed": "a80d73209bac431c889f2fb76568bf36",
    "health_lost": "52af4488139649c680aaf922dc23d94e",
    "health_back": "f5fd1f343d9e4b0b9a73666ec0b8e723",
    "container_acted": "88d98c66dd664bd6b13a7db1ab48ebd8",
    "commit_quarantined": "1786108a08f14c009ba4b226555f9900",
    "quarantine_lifted": "2322881994814c3287eacd5d01cb6d3e",
    "suspended": "30f2a18cde754e769a8752c8811eedd8",
    "resumed": "f6fc797fca0c4864b95af85fdcb405e1",
    "fault_git": "8c4243713bda4586accdc07b3b4c69bf",
    "fault_docker": "a4e60f03f7e64d23919b6218b426054c",
    "fault_store": "e8f1f259a6e94d37a843dc1f856c58e0",
    "fault_configuration": "fb53fd84d3ce401387ffd102516a7014",
    "fault_raised": "84e4270b49134adfa536d9580207cd87",
    "fault_cleared": "04dcee405b3a44a197809c476376f38a",
    "ownership_repaired": "af83a119b9b14f4fa90ee08b189a6861",
    "local_changes_saved": "f1e94b424caa459985401bdb603babb0",
    "watchdog_silent": "b3829a02bd7a46cea51834a7f45e392b",
    "defect": "55805829134040ffadadea6fa0f846ea",
}
"""The id of each kind of record. A released id keeps its meaning for good; a new kind gets a new one
(`uuid.uuid4().hex`) and an entry in every catalog. Two are no events: `defect` (a mistake of ours,
logged) and `watchdog_silent`."""


def kind_of(event: m.Event) -> str:
    """The kind of record that an event makes: its tag unless the table is finer."""
    match event:
        case m.DecisionChanged(kind=kind):
            return f"decision_{kind}"
        case m.StepFinished(step=step):
            return _kind_of_step(step)
        case m.DeploymentEnded(deployment=deployment):
            return _kind_of_ending(deployment)
        case m.FaultRaised(what=what) if f"fault_{what}" in MESSAGE_IDS:
            return f"fault_{what}"
        case _:
            return tag(event)


def tag(event: m.Event) -> str:
    """The event's name on the wire, in the store and in KGO_EVENT."""
    return str(event.__struct_config__.tag)


def _kind_of_step(step: Step) -> str:
    judged = step.state in {State.VERIFYING, State.VERIFYING_ROLLBACK}
    if step.outcome is Outcome.OK:
        return "health_check_passed" if judged else "step_finished"
    if step.outcome is Outcome.FAILED:
        return "health_check_failed" if judged else "step_failed"
    return "step_finished"


def _kind_of_ending(deployment: Deployment) -> str:
    wanted = succeeded(deployment) and deployment.state is State.ROLLED_BACK
    return "deployment_went_back" if wanted else f"deployment_{deployment.state}"
