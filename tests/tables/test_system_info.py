"""The machine."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import MemoryFiles
from tests.tables.doubles import ClosedFiles, KnownSources, as_text, ask

EVERYTHING = "select * from system_info"
UUID = "4c4c4544-0042-3510-8052-b4c04f4d3132"


@pytest.fixture
def machine(data: Path) -> Path:
    return data / "osquery-5.23.1/machine"


def with_files(machine: Path, **more: bytes) -> MemoryFiles:
    content = {path.relative_to(machine).as_posix(): path.read_bytes() for path in machine.rglob("*") if path.is_file()}
    return MemoryFiles(content | {name.replace("__", "/").replace("_dash_", "-"): data for name, data in more.items()})


def test_it_is_told_as_osquery_tells_it(machine: Path) -> None:
    """Every column but the uuid, which osquery rolls where the maker gives none; ours is the same each time."""
    (theirs,) = json.loads((machine / "osquery.json").read_text())
    (ours,) = as_text(ask(EVERYTHING, KnownSources(with_files(machine))))
    assert {name: value for name, value in ours.items() if name != "uuid"} == {name: theirs[name] for name in ours if name != "uuid"}
    assert ours["uuid"] == as_text(ask(EVERYTHING, KnownSources(with_files(machine))))[0]["uuid"] != ""
    assert "0123456789abcdef" not in ours["uuid"].replace("-", "")


@pytest.mark.parametrize(("given_uuid", "kept"), [(UUID, True), ("00000000-0000-0000-0000-000000000000", False), ("", False)])
def test_the_makers_uuid_counts_unless_it_is_none(machine: Path, given_uuid: str, kept: bool) -> None:
    """Some makers write zeros."""
    files = with_files(machine, sys__class__dmi__id__product_uuid=given_uuid.encode() + b"\n", sys__class__dmi__id__sys_vendor=b"Acme\n")
    ((told, vendor),) = ask("select uuid, hardware_vendor from system_info", KnownSources(files)).rows
    assert (told == given_uuid) == kept
    assert vendor == "Acme"


def test_the_domain_is_that_of_the_hosts_file(machine: Path) -> None:
    """The first name of the line that knows the machine's."""
    files = with_files(machine, etc__hosts=b"::1 localhost\n10.0.0.1 vm.example.org vm # vm.example.com\n")
    assert ask("select hostname, computer_name from system_info", KnownSources(files)).rows == (("vm.example.org", "vm"),)


def test_what_may_not_be_read_is_a_gap_where_it_is_asked_for(machine: Path) -> None:
    """Serial numbers are root's."""
    content = {path.relative_to(machine).as_posix(): path.read_bytes() for path in machine.rglob("*") if path.is_file()}
    files = ClosedFiles(content, ["sys/class/dmi/id/product_serial"])
    assert not ask("select hostname from system_info", KnownSources(files)).gaps
    answer = ask("select hardware_serial, hostname from system_info", KnownSources(files))
    assert answer.rows == (("", "vm"),)
    assert [gap.what for gap in answer.gaps] == ["sys/class/dmi/id/product_serial"]


def test_processors_are_counted() -> None:
    """Two sockets of two cores with two threads each; and a machine of which nothing is known."""
    blocks = [
        f"processor : {4 * socket + 2 * core + thread}\nphysical id : {socket}\ncore id : {core}\nflags : fpu lm\n"
        for socket in (0, 1)
        for core in (0, 1)
        for thread in (0, 1)
    ]
    files = MemoryFiles({"proc/cpuinfo": "\n".join(blocks).encode()})
    wanted = "select cpu_sockets, cpu_physical_cores, cpu_logical_cores, cpu_type, physical_memory, uuid from system_info"
    assert ask(wanted, KnownSources(files)).rows == ((2, 4, 8, "x86_64", None, ""),)
    assert ask(wanted).rows == ((None, None, None, "", None, ""),)


@given(st.binary(max_size=200) | st.text(alphabet="processor :\nMemTotal1kB", max_size=100).map(str.encode))
def test_any_bytes_give_one_row(data: bytes) -> None:
    """Nothing is raised."""
    content = dict.fromkeys(("proc/cpuinfo", "proc/meminfo", "etc/hosts", "etc/machine-id", "proc/sys/kernel/hostname"), data)
    assert len(ask(EVERYTHING, KnownSources(MemoryFiles(content))).rows) == 1
