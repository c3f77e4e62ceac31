"""The job of a query: the edges of its target."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Malformed, Misuse, NotFound, Unreachable
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.query import query
from hullwatch.model import Inventory
from tests.doubles import QuietProgress

WHO = "select username from users"


class Engine:
    """Answers by path."""

    endpoint = "unix:///run/docker.sock"

    def __init__(self, answers: Mapping[str, object]) -> None:
        self._answers = answers

    def get(self, path: str, **_: str) -> bytes:
        if path not in self._answers:
            raise NotFound(f"no such thing: {path}")
        return json.dumps(self._answers[path]).encode()

    def stream(self, path: str, **_: str) -> AbstractContextManager[BinaryIO]:
        raise NotFound(f"no such thing: {path}")


@pytest.fixture
def machine(tmp_path: Path) -> Edges:
    """A machine with one account, and a container with another that runs as process 77."""
    for path, text in {
        "etc/passwd": "root:x:0:0:::\n",
        "proc/77/cgroup": "0::/docker/c0ffee\n",
        "proc/77/root/etc/passwd": "app:x:5:5:::\n",
        "proc/77/root/proc/1/stat": "1 (sh) S 0 1 1 0 -1 4194560 1 1 0 0 1 1 0 0 20 0 1 0 10 0 0 0 0 0 0\n",
        "proc/78/cgroup": "0::/user.slice\n",
        "var/lib/dpkg/status": "Package: zlib1g\nStatus: install ok installed\nVersion: 1.2.13\nArchitecture: amd64\n\n",
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    }.items():
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_text(text)
    edges = Edges(Settings(home=tmp_path / "home"), QuietProgress(), root=tmp_path / "root")
    edges.__dict__["engine"] = Engine(
        {
            "/containers/web/json": {"Id": "c0ffee", "State": {"Pid": 77}},
            "/containers/elsewhere/json": {"Id": "decaf", "State": {"Pid": 78}},
            "/containers/gone/json": {"Id": "dead", "State": {"Pid": 79}},
            "/containers/odd/json": {"Id": 7},
            "/containers/still/json": {"Id": "dead", "State": {"Pid": 0}},
        }
    )
    return edges


def test_the_host_is_asked_unless_told_otherwise(machine: Edges) -> None:
    """Its files."""
    assert query(WHO, machine).rows == (("root",),)


def test_a_directory_is_a_root_of_its_own(machine: Edges, tmp_path: Path) -> None:
    """Its files, and nothing of the host."""
    (tmp_path / "other/etc").mkdir(parents=True)
    (tmp_path / "other/etc/passwd").write_text("else:x:1:1:::\n")
    assert query(WHO, machine, reference=f"dir:{tmp_path}/other").rows == (("else",),)


def test_a_running_container_is_seen_as_its_first_process_sees_it(machine: Edges) -> None:
    """Its accounts and its processes."""
    assert query(WHO, machine, reference="container:web").rows == (("app",),)
    assert query("select pid, state from processes", machine, reference="container:web").rows == ((1, "S"),)


@pytest.mark.parametrize(
    ("reference", "error"),
    [
        ("container:still", Misuse),
        ("container:elsewhere", Unreachable),
        ("container:gone", Unreachable),
        ("container:none", NotFound),
        ("container:odd", Malformed),
        ("docker:nginx:1.25", Misuse),
        ("daemon", Misuse),
    ],
)
def test_where_files_cannot_be_read_in_place_it_says_so(machine: Edges, reference: str, error: type[Exception]) -> None:
    """Rather than tell of another machine, or of nobody."""
    with pytest.raises(error):
        query(WHO, machine, reference=reference)


def test_a_process_sees_its_own_accounts(machine: Edges) -> None:
    """By the hidden column that osquery has."""
    assert query("select username from users where pid_with_namespace = 77", machine).rows == (("app",),)
    (gap,) = query("select username from users where pid_with_namespace = 99999", machine).gaps
    assert gap.kind == "account-file"


def test_packages_are_those_of_the_target(machine: Edges, tmp_path: Path) -> None:
    """Of the query's own, or of the one that the statement names."""
    root = tmp_path / "root"
    assert query("select target, name, scheme from packages", machine, reference=f"dir:{root}").rows == ((f"dir:{root}", "zlib1g", "deb"),)
    assert query(f"select name from packages where target = 'dir:{root}'", machine).rows == (("zlib1g",),)  # noqa: S608 - a path of this test


def test_the_daemon_has_no_packages(machine: Edges) -> None:
    """Which is not the same as none."""
    with pytest.raises(Misuse, match="no packages of its own"):
        query("select * from packages", machine, reference="daemon")


def test_a_target_that_is_not_there_is_a_gap_when_named_and_an_error_when_asked(machine: Edges, tmp_path: Path) -> None:
    """What the statement names may be one of many."""
    nowhere = f"dir:{tmp_path}/nowhere"
    answer = query(f"select name from packages where target = '{nowhere}'", machine)  # noqa: S608 - a path of this test
    assert [gap.what for gap in answer.gaps] == [nowhere]
    with pytest.raises(NotFound):
        query("select name from packages", machine, reference=nowhere)


def test_an_inventory_is_taken_once(machine: Edges, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a statement comes back to a target."""
    from hullwatch.jobs import inventory

    taken: list[str] = []
    taking = inventory.inventory

    def take(reference: str, edges: Edges) -> Inventory:
        taken.append(reference)
        return taking(reference, edges)

    monkeypatch.setattr(inventory, "inventory", take)
    here = f"dir:{tmp_path}/root"
    sql = f"select count(*) from packages a, packages b where a.target = '{here}' and b.target = '{here}' and a.name <> ''"  # noqa: S608 - a path of this test
    assert query(sql, machine).rows == ((1,),)
    assert taken == [here]
