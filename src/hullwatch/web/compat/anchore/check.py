"""The default policy: may this image go on? It stops where ``hullwatch scan`` would end with 1."""

from typing import Annotated, Any

from fastapi import Query

from ....assess.threshold import parse_threshold
from ....model import Finding, Severity
from ...security import Here
from .records import KnownImage, analyzed, by_digest, stamp
from .routes import Viewer, new_router
from .vulnerabilities import findings_of

POLICY = "hullwatch-default"
_HEADER = ["Image_Id", "Repo_Tag", "Trigger_Id", "Gate", "Trigger", "Check_Output", "Gate_Action", "Whitelisted", "Policy_Id"]

router = new_router()


@router.get("/policies")
def policies(_: Viewer, here: Here) -> list[dict[str, Any]]:
    """The one policy there is."""
    made = stamp(here.clock.now())
    name = f"exit 1 of hullwatch scan: --fail-on {here.settings.fail_on}"
    record = {"policyId": POLICY, "active": True, "userId": "admin", "policy_source": "local", "name": name, "description": name}
    return [{**record, "created_at": made, "last_updated": made}]


@router.get("/images/by_id/{digest}/check")
@router.get("/images/{digest}/check")
def check(
    _: Viewer, here: Here, digest: str, tag: Annotated[str, Query(min_length=1, max_length=4096)], detail: bool = False
) -> list[dict[str, Any]]:
    """The evaluation of an image under one of its tags, under the digest that was asked for."""
    image = by_digest(here, digest)
    analyzed(image)
    threshold = parse_threshold(here.settings.fail_on)
    stopping = [each for each in findings_of(here, image) if threshold.fails(each)]
    evaluation: dict[str, Any] = {
        "status": "fail" if stopping else "pass",
        "last_evaluation": stamp(image.watched.last_judged_at or here.clock.now()),
        "policyId": POLICY,
        "detail": _detail(here, image, tag, stopping) if detail else {},
    }
    return [{digest: {tag: [evaluation]}}]


def _detail(here: Here, image: KnownImage, tag: str, stopping: list[Finding]) -> dict[str, Any]:
    action = "stop" if stopping else "go"
    rows = [_row(image, tag, each) for each in stopping]
    judged = int((image.watched.last_judged_at or here.clock.now()).timestamp())
    result = {"result": {"header": _HEADER, "row_count": len(rows), "rows": rows, "final_action": action}}
    more: dict[str, Any] = {"policy_data": [], "whitelist_data": [], "policy_name": "", "whitelist_names": []}
    return {
        "policy": {"id": POLICY, "version": "1_0", "name": POLICY, "policies": [], "mappings": [], "whitelists": []},
        "result": {
            "user_id": image.watched.watched_by,
            "image_id": image.image_id,
            "image_digest": image.digest,
            "tag": tag,
            "bundle": {"id": POLICY},
            "status": "fail" if stopping else "pass",
            "final_action": action,
            "final_action_reason": "policy_evaluation",
            "created_at": judged,
            "last_modified": judged,
            "matched_mapping_rule": {"name": "default"},
            "matched_whitelisted_images_rule": False,
            "matched_blacklisted_images_rule": False,
            "evaluation_problems": [],
            "result": {image.image_id: {**result, **more}},
        },
    }


def _row(image: KnownImage, tag: str, finding: Finding) -> list[Any]:
    rated = "of unknown severity" if finding.severity is Severity.UNRATED else f"of severity {finding.severity}"
    said = f"{finding.rule} {rated} in {finding.subject} {finding.installed}, fixed in {finding.fixed_in or 'no version yet'}"
    return [image.image_id, tag, f"{finding.rule}+{finding.subject}", "vulnerabilities", "package", said, "stop", False, POLICY]
