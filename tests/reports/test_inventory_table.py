from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.model import SourcePackage, TargetReport
from hullwatch.reports.inventory_table import render_inventory
from hullwatch.reports.look import Look, columns

from .builders import package
from .generated import HOSTILE, targets
from .samples import host, nginx, python_package, ten_targets


def _image() -> TargetReport:
    target = ten_targets()[2]
    packages = (replace(package("libssl3", layer=1), source=SourcePackage("openssl", "3.0.11")), python_package())
    return replace(target, inventory=replace(target.inventory, packages=packages, gaps=target.gaps))


def test_a_package_is_a_line() -> None:
    """What, which version, built from what, of which kind, in which layer, and where it was seen; what was not read is said below."""
    assert render_inventory(_image().inventory, Look(piped=True)).splitlines() == [
        "image shop/api:2.4 · sha256:a484819eb602 · debian 12 · 2 packages · 3 layers · 1 gap",
        "",
        "PACKAGE  VERSION  SOURCE          TYPE    LAYER  PATH",
        "jinja2   3.1.2    jinja2          python      3  usr/lib/python3/dist-packages/Jinja2-3.1.2.dist-info/METADATA",
        "libssl3  1.0-1    openssl 3.0.11  deb         1  var/lib/dpkg/status",
        "",
        "NOT READ",
        "Go binary usr/local/bin/migrate (layer 9): its build info cannot be read yet",
    ]


def test_a_terminal_cuts_paths_and_never_versions() -> None:
    """In the middle, and only as much as the width asks for; a host has no column of layers."""
    shown = render_inventory(_image().inventory, Look(width=80))
    assert max(columns(line) for line in shown.splitlines()) <= 80
    assert "…" in shown
    assert "openssl 3.0.11" in shown
    assert "LAYER" not in render_inventory(host().inventory, Look())


def test_an_inventory_never_folds() -> None:
    """Every package has its line."""
    assert render_inventory(nginx().inventory, Look(width=80)).count("var/lib/dpkg/status") == 149


@settings(max_examples=40)
@given(targets(HOSTILE))
def test_hostile_names_stay_on_their_line(target: TargetReport) -> None:
    """One line a package, whatever it is called."""
    shown = render_inventory(target.inventory, Look(piped=True))
    assert len(shown.split("\n")) <= len(target.inventory.packages) + len(target.inventory.gaps) + 6
