"""Schedules: made, changed, paused and run by forms."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from hullwatch.store.users import Role

from ..reports.samples import host, nginx
from .site import Page, Site

NIGHTLY = {"name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin", "job": "scan", "which": "all"}


def add(site: Site, status: int = 200, **changes: str | list[str]) -> Page:
    """Send the form."""
    return site.visitor(Role.OPERATOR).post("/schedules", form="/schedules", status=status, **(NIGHTLY | changes))


def row(page: Page) -> list[str]:
    """Of the only schedule."""
    return [" ".join(each.text.split()) for each in page.elements if each.tag in ("td", "th") and each.is_in("tbody")]


def test_a_schedule_is_made(site: Site) -> None:
    """It says when it is due next, in UTC, by the clock of its zone."""
    page = add(site)
    assert page.path == "/schedules"
    assert row(page)[:5] == ["nightly", "30 2 * * * Europe/Berlin", "scan of everything watched", "2027-01-05 01:30 UTC (in 16 h)", "-"]
    assert "Due next 2027-01-05 01:30 UTC (in 16 h) 2027-01-06 01:30 UTC" in site.visitor(Role.VIEWER).get("/schedules/1").text


def test_a_schedule_of_some_targets_and_kinds(site: Site) -> None:
    """Only those chosen; the form of its page shows them."""
    site.remember(host(), nginx())
    add(site, which="these", targets=["host"], only=["vulnerability"], fail_on="exploited")
    kept = site.memory.schedules.get(1)
    assert kept.targets == ("host",)
    assert kept.parameters.only == ("vulnerability",)
    assert kept.parameters.fail_on == "exploited"
    page = site.visitor().get("/schedules/1")
    checked = {each.attributes["value"] for each in page.all("input") if "checked" in each.attributes}
    assert checked == {"scan", "these", "host", "vulnerability"}
    site.memory.targets.leave(1)
    assert [each.text for each in site.visitor().get("/schedules/1").all("textarea")] == ["host\n"]


def test_groups_of_hosts_and_what_is_not_watched_are_typed(site: Site, tmp_path: Path) -> None:
    """One a line, beside what is chosen; a group stays one, for its hosts are looked up when the schedule is due."""
    (tmp_path / "hosts").write_text("[web]\nweb-1\nweb-2\n")
    site.remember(host())
    site.server.settings = replace(site.server.settings, inventory=tmp_path / "hosts")
    page = add(site, which="these", targets=["host"], more="@web\r\n\r\n nginx:1.25 \r\nhost")
    assert "scan of 3 targets" in page.text
    assert site.memory.schedules.get(1).targets == ("host", "@web", "docker:nginx:1.25")
    page = site.visitor().get("/schedules/1")
    assert [each.text for each in page.all("textarea")] == ["@web\ndocker:nginx:1.25\n"]
    assert "Upper/Case" in add(site, 422, which="these", more="Upper/Case", name="other").text


def test_what_is_wrong_is_told_above_the_form_that_keeps_it(site: Site) -> None:
    """Cron text, zone, name, a choice of nothing, a threshold; nothing is made."""
    for changes, words in (
        ({"cron": "every night"}, "'every night' is no cron text"),
        ({"cron": "0 0 31 2 *"}, "never comes"),
        ({"time_zone": "Mars/Olympus"}, "no time zone is called 'Mars/Olympus'"),
        ({"name": " "}, "a schedule has a name"),
        ({"which": "these"}, "no target was chosen"),
        ({"fail_on": "sometimes"}, "sometimes"),
        ({"job": "sweep"}, "no job is called 'sweep'"),
        ({"only": ["rust"]}, "no kind of finding is called 'rust'"),
    ):
        page = add(site, 422, **changes)
        assert words in page.text
        values = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
        assert values["time_zone"] == changes.get("time_zone", "Europe/Berlin")
    assert site.memory.schedules.page() == []
    add(site)
    assert "there is a schedule 'nightly' already" in add(site, 422).text


def test_a_schedule_is_paused_resumed_run_changed_and_deleted(site: Site) -> None:
    """Each by a button; a run now is out of turn."""
    site.remember(host())
    add(site)
    visitor = site.visitor()
    page = visitor.post("/schedules/1/pause", form="/schedules")
    assert row(page)[3] == "paused"
    assert "It would be due" in visitor.get("/schedules/1").text
    assert row(visitor.post("/schedules/1/resume", form="/schedules"))[3].startswith("2027-01-05")
    assert visitor.post("/schedules/1/run", form="/schedules/1").path == "/runs/2"
    assert [each.schedule for each in site.memory.runs.page(limit=1)] == ["nightly"]
    assert "run 2 just now" in row(visitor.get("/schedules"))[4]
    assert "Only those that the schedule nightly asked for" in visitor.get("/runs?schedule=1").text
    page = visitor.post("/schedules/1", form="/schedules/1", status=200, **(NIGHTLY | {"cron": "@hourly", "time_zone": "UTC"}))
    assert "2027-01-04 10:00 UTC" in page.text
    assert site.memory.schedules.get(1).next_run_at == datetime(2027, 1, 4, 10, tzinfo=UTC)
    assert "is no cron text" in visitor.post("/schedules/1", form="/schedules/1", status=422, **(NIGHTLY | {"cron": "x"})).text
    page = visitor.post("/schedules/1/remove", form="/schedules/1")
    assert "Nothing is scheduled yet." in page.text
    assert site.memory.runs.get(2).id == 2


def test_an_update_has_no_targets(site: Site) -> None:
    """Whatever is chosen beside it."""
    add(site, job="update", which="these", targets=["host"], fail_on="high")
    kept = site.memory.schedules.get(1)
    assert (kept.job, kept.targets, kept.parameters.fail_on) == ("update", (), "high,fixable")


def test_a_viewer_sees_schedules_and_no_form(site: Site) -> None:
    """What a role does not allow is not offered."""
    add(site)
    viewer = site.visitor(Role.VIEWER)
    assert viewer.get("/schedules").actions() == {"/logout"}
    assert viewer.get("/schedules/1").actions() == {"/logout"}
