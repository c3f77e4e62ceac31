from datetime import timedelta

import pytest
from msgspec.structs import replace

from hullwatch.model import Daemon, Inventory, Layer, Target, TargetKind
from hullwatch.reports.names import age, argument, called, command, duration, feed_times, instruction, label, natural, short

from .builders import DEBIAN_FEED, KEV_FEED, MADE_AT, PYPI_FEED, diff_id
from .samples import image_report, machine_report, nginx


@pytest.mark.parametrize(
    ("kind", "reference", "name"),
    [
        (TargetKind.IMAGE, "docker:nginx:1.25", "image nginx:1.25"),
        (TargetKind.IMAGE, "archive:/tmp/a.tar", "archive:/tmp/a.tar"),
        (TargetKind.DIRECTORY, "dir:/srv/root", "dir:/srv/root"),
        (TargetKind.CONTAINER, "container:web", "container web"),
        (TargetKind.DAEMON, "daemon", "daemon"),
        (TargetKind.HOST, "ssh://ops@web-1:22", "ssh://ops@web-1:22"),
    ],
)
def test_labels(kind: TargetKind, reference: str, name: str) -> None:
    """A target is called by its kind and name, unless its reference says both."""
    assert label(Target(kind=kind, reference=reference)) == name


def test_a_host_elsewhere_is_called_by_its_name() -> None:
    """As its inventory has it, else as it calls itself; this one is the host. A command needs the reference."""
    known = {"hostname": "ip-10-0-0-1"}
    target = Target(kind=TargetKind.HOST, reference="ssh://ops@web-1", identifiers=known)
    assert (label(target), short(target), argument(target)) == ("host ip-10-0-0-1", "ip-10-0-0-1", "ssh://ops@web-1")
    assert short(replace(target, identifiers=known | {"inventory_name": "web-1"})) == "web-1"
    here = replace(target, reference="host")
    assert (label(here), short(here), argument(here)) == ("host ip-10-0-0-1", "host", "host")


def test_a_daemon_is_called_by_its_version() -> None:
    """As the engine says it, or as it was known beforehand."""
    target = Target(kind=TargetKind.DAEMON, reference="daemon", identifiers={"engine_version": "24.0"})
    assert called(Inventory(target=target, taken_at=MADE_AT)) == "daemon 24.0"
    assert called(Inventory(target=target, taken_at=MADE_AT, daemon=Daemon(version="20.10.24"))) == "daemon 20.10.24"


def test_commands_name_the_targets_again() -> None:
    """And quote what a shell would read otherwise; a container needs its kind, the whole machine no name."""
    assert command(image_report(), "--all") == "hullwatch scan nginx:1.25 --all"
    assert command(machine_report(), "--all") == "hullwatch scan --all"
    assert argument(Target(kind=TargetKind.CONTAINER, reference="container:web")) == "container:web"
    assert argument(Target(kind=TargetKind.DIRECTORY, reference="dir:/srv/a b; reboot")) == "'dir:/srv/a b; reboot'"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("/bin/sh -c #(nop) ADD file:5ad0 in / ", "ADD file:5ad0 in /"),
        ("/bin/sh -c set -x     && groupadd nginx", "RUN set -x && groupadd nginx"),
        ("RUN /bin/sh -c pip install flask # buildkit", "RUN pip install flask"),
        ("|1 VERSION=2 /bin/sh -c make", "RUN make"),
        ("COPY app /app # buildkit", "COPY app /app"),
    ],
)
def test_instructions_are_as_the_dockerfile_had_them(raw: str, shown: str) -> None:
    """Without what builders put around them."""
    assert instruction(Layer(number=1, diff_id=diff_id(1), instruction=raw)) == shown


def test_ages_are_whole_units() -> None:
    """Rounded down, so that nothing looks older or younger than by one unit."""
    spans = [timedelta(minutes=5), timedelta(minutes=59), timedelta(hours=1), timedelta(hours=30), timedelta(days=3), -timedelta(hours=1)]
    assert [age(MADE_AT - span, MADE_AT) for span in spans] == ["5 min", "59 min", "1 h", "1 d", "3 d", "0 min"]
    assert [duration(each) for each in (0.04, 3.41, 125)] == ["0.0 s", "3.4 s", "2 min 5 s"]


def test_the_oldest_feed_of_a_publisher_tells_its_age() -> None:
    """One feed without a date makes the publisher's age unknown; known exploitation comes last."""
    older = replace(DEBIAN_FEED, id="debian/bullseye", fetched_at=MADE_AT - timedelta(days=9))
    target = replace(nginx(), feeds=(KEV_FEED, DEBIAN_FEED, older, replace(PYPI_FEED, fetched_at=None)))
    times = feed_times([target])
    assert list(times) == ["debian", "pypi", "kev"]
    assert times["debian"] == older.fetched_at
    assert times["pypi"] is None


def test_numbers_sort_by_value() -> None:
    """As a benchmark counts."""
    assert sorted(["2.14", "2.2", "10.1", "1.1.3"], key=natural) == ["1.1.3", "2.2", "2.14", "10.1"]
    assert sorted(["9" * 5000, "010", "9", "a"], key=natural) == ["9", "010", "9" * 5000, "a"]
