import json

import pytest

from hullwatch.errors import Misuse
from hullwatch.reports.formats import FORMATS, INVENTORY_FORMATS, Destination, check_destinations, file_name, files_of, format_for
from hullwatch.reports.look import Look

from .samples import image_report, machine_report


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("scan.sarif", "sarif", "scan.sarif"),
        ("out/scan.json", "json", "out/scan.json"),
        ("scan.cdx.json", "cyclonedx", "scan.cdx.json"),
        ("scan.sarif.json", "sarif", "scan.sarif.json"),
        ("SCAN.TXT", "table", "SCAN.TXT"),
        ("scan.tsv", "lines", "scan.tsv"),
        ("scan.lines", "lines", "scan.lines"),
        ("json=scan", "json", "scan"),
        ("sarif=/tmp/a=b.json", "sarif", "/tmp/a=b.json"),
        ("cyclonedx=sboms/", "cyclonedx", "sboms/"),
        ("/tmp/a=b.json", "json", "/tmp/a=b.json"),
    ],
)
def test_the_suffix_decides_unless_a_format_is_named(text: str, name: str, path: str) -> None:
    """Of several suffixes the longest."""
    assert format_for(text) == Destination(name, path)


@pytest.mark.parametrize("text", ["report", "report.docx", "html=report", "", "out/"])
def test_an_unknown_format_is_misuse(text: str) -> None:
    """Before anything is scanned; the message names what there is."""
    with pytest.raises(Misuse) as error:
        format_for(text)
    assert "sarif" in error.value.remedy


def test_one_file_for_several_targets_is_misuse_where_it_holds_one() -> None:
    """One target, or a directory, is well."""
    check_destinations([format_for("a.cdx.json")], 1)
    check_destinations([format_for("cyclonedx=sboms/"), format_for("a.sarif")], None)
    for number in (2, None):
        with pytest.raises(Misuse, match="cyclonedx=DIR/"):
            check_destinations([format_for("a.cdx.json")], number)


def test_a_directory_gets_a_file_for_each_target() -> None:
    """Under names that are safe, alike in every run, and each its own."""
    report = machine_report()
    files = dict(files_of(report, format_for("cyclonedx=sboms/"), Look(piped=True)))
    assert list(files)[:3] == ["sboms/host.cdx.json", "sboms/docker-python-3.11-slim.cdx.json", "sboms/docker-shop-api-2.4.cdx.json"]
    assert len(files) == 10
    assert json.loads(files["sboms/host.cdx.json"])["metadata"]["component"]["name"] == "web-1"


def test_a_file_gets_the_whole_report() -> None:
    """In its format."""
    [(path, data)] = files_of(machine_report(), format_for("scan.json"), Look(piped=True))
    assert path == "scan.json"
    assert len(json.loads(data)["report"]["targets"]) == 10


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders(name: str) -> None:
    """The same bytes twice; its module says its name and what it holds."""
    chosen = FORMATS[name]
    assert chosen.name == name
    assert chosen.render(image_report(), Look(piped=True)) == chosen.render(image_report(), Look(piped=True)) != b""


@pytest.mark.parametrize("name", INVENTORY_FORMATS)
def test_every_format_of_an_inventory_renders(name: str) -> None:
    """The package is in it."""
    assert b"nghttp2" in INVENTORY_FORMATS[name](image_report().targets[0].inventory, Look(piped=True))


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("docker:shop/api:2.4", "docker-shop-api-2.4"),
        ("dir:/../../etc", "dir-..-..-etc"),
        ("..", "target"),
        ("", "target"),
        ("a" * 300, "a" * 120),
    ],
)
def test_file_names_stay_in_their_directory(reference: str, name: str) -> None:
    """No slash, no leading dot, no endless length."""
    assert file_name(reference) == name
