"""Runs, and one of them with its log."""

from datetime import timedelta

import pytest

from hullwatch.model import Gap
from hullwatch.store.logs import LogLevel, NewLine
from hullwatch.store.runs import Counts, Parameters, Run, RunStatus
from hullwatch.store.users import Role

from ..reports.builders import MADE_AT
from ..reports.samples import host
from .site import Page, Site


def ask(site: Site, *references: str, job: str = "scan") -> Run:
    """A run that waits."""
    return site.memory.work.request(job, references or ("",), by="admin", at=MADE_AT, parameters=Parameters(fail_on="high,fixable"))


def say(site: Site, run: int, *texts: str, level: LogLevel = LogLevel.INFO, target: str = "host") -> None:
    """Add lines to a run's log."""
    site.memory.logs.append(run, [NewLine(at=MADE_AT, text=text, level=level, target=target) for text in texts])


def log_of(page: Page) -> list[str]:
    """Its lines."""
    return [" ".join(each.text.split()) for each in page.all("li") if each.is_in("ol")]


def test_everything_is_looked_at_or_advisories_are_fetched(site: Site) -> None:
    """By buttons that an operator has; where nothing is watched, one is told."""
    assert "no target is watched" in site.visitor().post("/runs", form="/runs", status=422).text
    site.remember(host())
    operator = site.visitor(Role.OPERATOR)
    assert operator.post("/runs", form="/runs").path == "/runs/2"
    assert operator.post("/runs", form="/runs", job="update").path == "/runs/3"
    assert site.memory.runs.get(3).job == "update"
    assert site.memory.runs.get(2).requested_by == "operator"


def test_runs_are_listed_the_newest_first_by_where_they_stand(site: Site) -> None:
    """With what they found and how long they took."""
    site.remember(host())
    ask(site, "host")
    visitor = site.visitor()
    page = visitor.get("/runs")
    rows = [[each.text.strip() for each in page.elements if each.tag in ("td", "th") and row in each.parents] for row in page.all("tr")[1:]]
    assert [row[0] for row in rows] == ["run 2", "run 1"]
    assert [row[2].split()[0] for row in rows] == ["queued", "succeeded"]
    assert "run 2" not in visitor.get("/runs?status=succeeded").text
    assert "There is no such run." in visitor.get("/runs?status=failed").text
    assert "run 2" in visitor.get("/runs?target=host").text
    visitor.get("/runs?status=nonsense", 422)


def test_a_run_under_way_is_followed_by_scripts_or_loaded_again(site: Site) -> None:
    """It says how far it is; the lines that are there already are in the page."""
    run = ask(site, "host", "daemon")
    site.memory.work.begin(run.id, 0, MADE_AT)
    say(site, run.id, "host web-1: 412 packages")
    page = site.visitor().get(f"/runs/{run.id}")
    assert "running 0 of 2" in page.text
    assert log_of(page) == ["09:12:00 host host web-1: 412 packages"]
    (refresh,) = [each for each in page.all("meta") if each.attributes.get("http-equiv") == "refresh"]
    assert refresh.is_in("noscript")
    (log,) = [each for each in page.all("ol") if "data-follow" in each.attributes]
    assert log.attributes["data-follow"] == f"/api/v1/runs/{run.id}/log?after=1"
    assert len(page.all("script")) == 1


def test_a_run_that_has_ended_is_neither_followed_nor_loaded_again(site: Site) -> None:
    """It says how it ended."""
    run = ask(site, "host", "daemon")
    for position in (0, 1):
        site.memory.work.begin(run.id, position, MADE_AT)
    counts = Counts(findings={"critical": 1, "unrated": 3}, exploited=1, new=2, gone=1, gaps=1, failed=True)
    site.memory.work.end(run.id, 0, RunStatus.SUCCEEDED, MADE_AT + timedelta(seconds=3.4), counts=counts)
    gap = Gap(kind="denied", what="Docker Engine", why="permission denied")
    site.memory.work.end(run.id, 1, RunStatus.FAILED, MADE_AT + timedelta(seconds=5), error=gap)
    page = site.visitor().get(f"/runs/{run.id}")
    assert "succeeded" in page.text
    assert "took 5.0 s" in page.text
    assert "EXPLOITED 1 · 1 critical 3 unrated · 2 new · 1 gone · 1 gap" in page.text
    assert "NOT CLEAN findings >= high with a fix" in page.text
    assert page.table("Targets") == [["host", "succeeded", "3.4 s"], ["daemon Docker Engine: permission denied", "failed", "5.0 s"]]
    assert log_of(page)[0] == "09:12:05 error daemon Docker Engine: permission denied"
    assert not page.all("script")
    assert not [each for each in page.all("meta") if "http-equiv" in each.attributes]


def test_a_run_is_cancelled(site: Site) -> None:
    """By an operator, while it has not ended."""
    run = ask(site, "host")
    page = site.visitor(Role.OPERATOR).post(f"/runs/{run.id}/cancel", form=f"/runs/{run.id}")
    assert "cancelled by operator" in page.text
    assert f"/runs/{run.id}/cancel" not in page.actions()


def test_a_long_log_is_read_in_parts(site: Site) -> None:
    """The last lines first; links lead back and forth."""
    run = ask(site, "host")
    say(site, run.id, *(f"line {number}" for number in range(1, 1201)))
    visitor = site.visitor()
    page = visitor.get(f"/runs/{run.id}")
    assert (len(log_of(page)), log_of(page)[0]) == (500, "09:12:00 line 701")
    earlier = next(each.attributes["href"] for each in page.all("a") if each.text == "earlier lines")
    page = visitor.get(earlier)
    assert (len(log_of(page)), log_of(page)[0]) == (500, "09:12:00 line 201")
    assert not page.all("script")
    later = next(each.attributes["href"] for each in page.all("a") if each.text == "later lines")
    assert log_of(visitor.get(later))[-1] == "09:12:00 line 1200"


def test_an_update_of_advisories_has_a_page_too(site: Site) -> None:
    """Without targets; so has a terminal's run."""
    run = ask(site, job="update")
    page = site.visitor().get(f"/runs/{run.id}")
    assert page.one("h1").words == f"Run {run.id} update"
    assert not page.all("table")
    site.memory.history.remember([], started_at=MADE_AT, finished_at=MADE_AT)
    assert "by somebody at a terminal" in site.visitor().get(f"/runs/{run.id + 1}").text


@pytest.mark.parametrize("path", ["/runs/0", "/runs/99", "/runs/x", "/runs?cursor=x"])
def test_there_is_no_such_run(site: Site, path: str) -> None:
    """A page says so."""
    answer = site.visitor().client.get(path)
    assert answer.status_code in (404, 422)
    assert Page(answer).one("h1").words
