"""Groups of an Ansible inventory in runs and schedules of a server."""

from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Misuse
from hullwatch.jobs.server import ScheduleWish, Server
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters

from ..doubles import FixedClock
from ..web.site import IdleHands

INVENTORY = "[web]\nweb-1 ansible_user=scan\nweb-2 ansible_user=scan ansible_port=2222\n"


@pytest.fixture
def server(tmp_path: Path, memory: Memory) -> Server:
    """A server whose inventory has a group of two hosts."""
    (tmp_path / "hosts").write_text(INVENTORY)
    return Server(Settings(home=tmp_path, inventory=tmp_path / "hosts"), memory, IdleHands(), FixedClock())


def test_a_run_of_a_group_is_one_of_its_hosts(server: Server) -> None:
    """They are watched from then on, each by itself, with the group as label; a host that was watched stays as it was."""
    first = server.watch("ssh://scan@web-1", name="first", labels=(), by="ann")
    run = server.request("scan", ["@web", "host"], Parameters(), by="ann")
    references = [each.reference for each in server.memory.runs.targets(run.id)]
    assert references == [first.reference, "ssh://scan@web-2:2222", "host"]
    watched = {each.reference: (each.name, each.labels) for each in server.memory.targets.page()}
    assert watched == {first.reference: ("first", ()), "ssh://scan@web-2:2222": ("", ("@web",))}


def test_a_schedule_keeps_the_group_and_asks_who_is_in_it(server: Server, tmp_path: Path) -> None:
    """Each time anew."""
    wish = ScheduleWish(name="web", cron="@daily", time_zone="UTC", job="scan", targets=("@web",), parameters=Parameters(), paused=False)
    schedule = server.add_schedule(wish, by="ann")
    assert schedule.targets == ("@web",)
    (tmp_path / "hosts").write_text(INVENTORY + "web-3\n")
    run = server.run_schedule(schedule.id, by="ann")
    assert len(server.memory.runs.targets(run.id)) == 3


def test_a_group_that_is_not_there_is_misuse(server: Server) -> None:
    """Said when it is named, not when it is due. A group is no target to watch."""
    with pytest.raises(Misuse):
        server.request("scan", ["@nobody"], Parameters(), by="ann")
    with pytest.raises(Misuse, match="a group, not one target"):
        server.watch("@web", name="", labels=(), by="ann")
