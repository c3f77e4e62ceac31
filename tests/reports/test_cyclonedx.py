import json
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.errors import Misuse
from hullwatch.model import TargetReport
from hullwatch.reports.cyclonedx import render, render_inventory, render_target
from hullwatch.reports.look import Look

from .builders import MADE_AT, package
from .generated import HOSTILE, targets
from .samples import image_report, machine_report, nginx, python_package, ten_targets


def _document(target: TargetReport) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_target(target))
    return document


def _with_wheel() -> TargetReport:
    target = nginx()
    return replace(target, inventory=replace(target.inventory, packages=(*target.inventory.packages, python_package())))


def test_what_is_in_a_target() -> None:
    """The target, its distribution, and a component for each package with address, licence and places."""
    document = _document(_with_wheel())
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    assert document["metadata"]["component"]["type"] == "container"
    assert document["components"][0] == {
        "type": "operating-system",
        "bom-ref": "distribution",
        "name": "debian",
        "version": "12",
        "description": "Debian GNU/Linux 12 (bookworm)",
    }
    wheel = document["components"][-1]
    assert wheel["purl"] == wheel["bom-ref"] == "pkg:pypi/jinja2@3.1.2"
    assert wheel["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert wheel["evidence"]["occurrences"][0]["location"].endswith("Jinja2-3.1.2.dist-info/METADATA")
    assert wheel["evidence"]["occurrences"][0]["additionalContext"].startswith("layer 3 sha256:")


def test_vulnerabilities_point_at_components() -> None:
    """Each with our severity, the published one, what it affects and what mends it."""
    document = _document(nginx())
    flaw = next(each for each in document["vulnerabilities"] if each["id"] == "CVE-2024-1002")
    assert flaw["ratings"][0] == {"source": {"name": "hullwatch"}, "severity": "critical"}
    assert flaw["ratings"][1]["method"] == "CVSSv31"
    assert flaw["affects"][0]["ref"] in {each["bom-ref"] for each in document["components"]}
    assert flaw["recommendation"] == "upgrade glibc to 1.0-1+deb12u1"
    assert len(document["vulnerabilities"]) == 14 + 9 + 3
    assert {"name": "hullwatch:exploited", "value": "true"} in next(v for v in document["vulnerabilities"] if v["id"] == "CVE-2023-44487")[
        "properties"
    ]


def test_a_waiver_is_an_analysis() -> None:
    """With its reason and end; what was not judged by anyone, such as whether it can be exploited, is not said."""
    waived = [each for each in _document(nginx())["vulnerabilities"] if "analysis" in each]
    assert waived[0]["analysis"] == {"response": ["will_not_fix"], "detail": "waived until 2027-03-01 (ops): minizip is not shipped"}
    assert len(waived) == 3


def test_references_are_unique() -> None:
    """Also of packages that are alike."""
    twice = replace(nginx().inventory, packages=(package("zlib"), package("zlib")))
    document = json.loads(render_inventory(twice))
    references = [each["bom-ref"] for each in document["components"]]
    assert len(references) == len(set(references)) == 3
    assert document["dependencies"][0]["dependsOn"] == references[1:]


def test_gaps_make_the_list_incomplete() -> None:
    """And are named."""
    document = _document(ten_targets()[2])
    assert document["compositions"] == [{"aggregate": "incomplete", "assemblies": ["target"]}]
    named = {"name": "hullwatch:gap:go-binary", "value": "Go binary usr/local/bin/migrate (layer 9): its build info cannot be read yet"}
    assert named in document["metadata"]["properties"]
    assert _document(nginx())["compositions"][0]["aggregate"] == "unknown"


def test_the_serial_number_is_that_of_the_content() -> None:
    """The same inventory at another time has the same one; another inventory has another."""
    inventory = nginx().inventory
    later = replace(inventory, taken_at=MADE_AT.replace(hour=23))
    fewer = replace(inventory, packages=inventory.packages[1:])
    first, second, third = (json.loads(render_inventory(each))["serialNumber"] for each in (inventory, later, fewer))
    assert first == second != third
    assert first.startswith("urn:uuid:")


def test_several_targets_need_a_directory() -> None:
    """The message says how to name one."""
    assert render(image_report(), Look()) == render_target(image_report().targets[0], "0.1.0")
    with pytest.raises(Misuse, match="cyclonedx=DIR/"):
        render(machine_report(), Look())


@settings(max_examples=50)
@given(targets(HOSTILE))
def test_any_target_is_a_document(target: TargetReport) -> None:
    """Whatever it calls its packages; references stay unique and point somewhere."""
    document = _document(target)
    known = [each["bom-ref"] for each in document["components"]]
    assert len(known) == len(set(known))
    assert all(each["ref"] in known for flaw in document.get("vulnerabilities", ()) for each in flaw["affects"])
