import pytest
from msgspec.structs import replace

from hullwatch.errors import Misuse
from hullwatch.reports.look import Look
from hullwatch.reports.screen import render_remedy, render_screen

from ..samples import clean_report, image_report, machine_report


def test_commands_of_a_mend_are_printed_whole() -> None:
    """To copy: what it is stands in shell comments, and nothing is cut."""
    assert render_remedy(machine_report(), 2).splitlines() == [
        "# upgrade 9 source packages on the host, then reboot (kernel)",
        "# openssl, curl, glibc, linux +5 · CVE-2023-4911",
        "# mends 23 findings; nothing was run",
        "apt-get update",
        "apt-get install --only-upgrade libssl3 curl libc6 linux-image-amd64",
        "reboot",
    ]


def test_a_mend_without_commands_says_so() -> None:
    """In a comment too."""
    assert render_remedy(machine_report(), 5).splitlines()[-1] == "# no command is known for this"


@pytest.mark.parametrize("number", [0, 7, -1])
def test_a_number_that_is_none_is_misuse(number: int) -> None:
    """The message says which there are."""
    with pytest.raises(Misuse, match="there are 1 to 6"):
        render_remedy(machine_report(), number)
    with pytest.raises(Misuse, match="can be mended"):
        render_remedy(clean_report(), 1)


def test_a_hostile_command_stays_one_line() -> None:
    """A line end in it cannot hide a second command."""
    report = image_report()
    mend = replace(report.mends[0], what="a\nreboot", commands=("docker pull x\nreboot",))
    shown = render_remedy(replace(report, mends=(mend,)), 1)
    assert "\nreboot" not in shown


def test_how_to_see_commands_is_said_once() -> None:
    """Beside the first mend where it fits, naming the scanned target."""
    assert render_screen(machine_report(), Look(width=100)).stdout.count("commands:") == 1
    assert "commands: hullwatch scan nginx:1.25 --remedy 1" in render_screen(image_report(), Look(width=100)).stdout
    assert "commands:" not in render_screen(machine_report(), Look(width=80)).stdout


def test_running_is_unknown_where_no_engine_can_be_asked() -> None:
    """A question mark, not a no."""
    report = image_report()
    unknown = replace(report, mends=(replace(report.mends[0], running=None),))
    row = next(line for line in render_screen(unknown, Look(width=100)).stdout.splitlines() if line.startswith(" 1 pull"))
    assert row.endswith("EXPLOITED  ?")
