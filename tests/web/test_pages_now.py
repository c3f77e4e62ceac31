"""The first page: the counts, the order and the words of reports, over everything that is watched."""

from datetime import date, timedelta
from pathlib import Path

from msgspec.structs import replace

from hullwatch.config import Settings
from hullwatch.jobs.board import Board
from hullwatch.model import Gap, Inventory, Target, TargetKind, TargetReport
from hullwatch.store.runs import Parameters, RunStatus
from hullwatch.store.users import Role

from ..jobs.servers import wait_until
from ..reports.builders import DEBIAN, MADE_AT, image, reported
from ..reports.samples import host, nginx, ten_targets
from ..store.judgements import flaw
from .site import Page, Site, serving

WAIVERS = """
waivers:
  - rule: CVE-2023-44487
    reason: not reachable
    until: {until}
"""


def count(page: Page, name: str) -> str:
    """What the tile of that name says."""
    tile = next(each for each in page.all("dt") if each.text == name).parents[-1]
    return next(each.text for each in page.all("dd") if tile in each.parents)


def test_the_counts_are_those_of_the_report(fleet: Site) -> None:
    """As on the screen that we want to reach: 149 to mend, of which 33 are lower and 52 nobody rated; and their twin says the same."""
    page = fleet.visitor().get("/")
    counted = [count(page, name) for name in ("can be mended", "exploited", "critical", "high", "lower", "unrated")]
    assert counted == ["149 40 flaws, 2 exploited", "5", "14", "50", "33", "52"]
    assert "NOT CLEAN 10 targets" in page.text
    assert "at least 51 have no fix yet" in page.text
    assert "9 checks fail 5 gaps" in page.text
    twin = fleet.visitor().client.get("/api/v1/reports/current").json()
    tally = twin["total"]["vulnerabilities"]
    assert [tally[name] for name in ("fix", "exploited", "critical", "high", "lower", "unrated", "unfixed")] == [149, 5, 14, 50, 33, 52, 51]
    assert twin["total"]["checks"]["failed"] == 9
    assert twin["verdict"] == "NOT CLEAN"


def test_mends_stand_in_order_and_add_up(fleet: Site) -> None:
    """What is exploited first; each finding that can be mended is in one of them; the commands can be copied."""
    page = fleet.visitor().get("/")
    rows = page.table("Mend now, in order")
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert [row[3] for row in rows] == ["EXPLOITED", "EXPLOITED", "critical", "high"]
    assert sum(int(row[2].removeprefix("up to ")) for row in rows) == 149
    assert "apt-get install --only-upgrade" in rows[1][1]
    assert rows[0][2].startswith("up to ")


def test_each_target_has_a_row_and_what_cannot_be_known_is_no_zero(fleet: Site) -> None:
    """Nothing stands as ``-``, what a source cannot know as ``?``; a daemon has its checks."""
    rows = {row[0]: row[1:] for row in fleet.visitor().get("/").table("Targets")}
    assert rows["image backup:3.9"] == ["alpine 3.9", "31", "6", "-", "1", "2", "?", "-", "-", "1", "just now"]
    assert rows["host web-1"][:4] == ["debian 12", "412", "23", "1"]
    assert rows["daemon 20.10.24"][0] == "132 checks: 71 pass, 9 fail, 3 undetermined, 18 manual, 31 not applicable"
    assert next(iter(rows)) == "image shop/api:2.4"


def test_checks_and_gaps_lead_to_what_they_are_about(fleet: Site) -> None:
    """The worst check first, with its remedy; a gap with its reason and kind."""
    visitor = fleet.visitor()
    page = visitor.get("/")
    first = page.table("Checks that fail, CIS 1.6.0")[0]
    assert first == ["5.32 Docker socket mounted in a container drop it or filter it", "critical", "worker-1"]
    link = next(each for each in page.all("a") if each.text == "worker-1").attributes["href"]
    assert "docker-socket-mount" in visitor.get(link).text
    assert "docker:backup:3.9: flaws of Alpine 3.9: Alpine publishes nothing for 3.9 since 2020-11" in page.text
    assert "support-ended" in page.text


def test_where_nothing_is_watched_one_is_told_how_to_begin(site: Site) -> None:
    """And neither that all is well."""
    page = site.visitor().get("/")
    assert "Nothing is watched yet" in page.text
    assert "CLEAN" not in page.text
    assert page.actions() == {"/targets", "/logout"}
    assert site.visitor(Role.VIEWER).get("/").actions() == {"/logout"}


def test_a_target_that_was_never_judged_is_not_clean(site: Site) -> None:
    """It is a gap, with the reason: nobody asked, somebody will look, or it could not be looked at."""
    site.watch(Target(kind=TargetKind.IMAGE, reference="docker:nginx:1.25"))
    visitor = site.visitor()
    assert "NOTHING JUDGED 1 target" in visitor.get("/").text
    assert "docker:nginx:1.25: nothing has looked at it yet" in visitor.get("/").text
    run = site.memory.work.request("scan", ["docker:nginx:1.25"], by="admin", at=MADE_AT, parameters=Parameters())
    page = visitor.get("/")
    assert f"run {run.id} is to look at it" in page.text
    assert "1 run under way" in page.text
    site.memory.work.begin(run.id, 0, MADE_AT)
    error = Gap(kind="not-found", what="image nginx:1.25", why="the engine has no image nginx:1.25")
    site.memory.work.end(run.id, 0, RunStatus.FAILED, MADE_AT, error=error)
    page = visitor.get("/")
    assert "image nginx:1.25: the engine has no image nginx:1.25" in page.text
    assert page.table("Targets")[0][1] == f"not judged yet · run {run.id} failed"


def test_what_was_found_stays_when_the_next_look_fails(site: Site) -> None:
    """The old findings are shown, and that there was no newer look."""
    site.remember(nginx())
    run = site.memory.work.request("scan", ["docker:nginx:1.25"], by="admin", at=MADE_AT, parameters=Parameters())
    site.memory.work.begin(run.id, 0, MADE_AT)
    error = Gap(kind="unreachable", what="image nginx:1.25", why="the engine does not answer")
    site.memory.work.end(run.id, 0, RunStatus.FAILED, MADE_AT, error=error)
    page = site.visitor().get("/")
    assert count(page, "can be mended").startswith("14")
    assert "the engine does not answer" in page.text
    assert f"run {run.id} failed" in page.table("Targets")[0][-1]


def test_clean_is_said_only_of_what_was_judged(site: Site) -> None:
    """Something was judged, nothing was found, nothing is missing."""
    site.remember(image("docker:quiet:1", ("ADD x /",), (), number=3, layers=(1,)))
    page = site.visitor().get("/")
    assert "CLEAN 1 target" in page.text
    assert "NOT CLEAN" not in page.text
    assert count(page, "can be mended") == "0"


def test_waivers_are_those_of_today(tmp_path: Path) -> None:
    """What the file says now, not what it said when the target was looked at; and a waiver that matches nothing is told."""
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text("waivers: []\n")
    with serving(tmp_path / "history.sqlite", tmp_path, settings=Settings(home=tmp_path, waivers=waivers)) as site:
        site.remember(nginx())
        visitor = site.visitor()
        assert "14 exploited" not in visitor.get("/").text
        assert count(visitor.get("/"), "exploited") == "1"
        waivers.write_text(WAIVERS.format(until=MADE_AT.date() + timedelta(days=3)))
        page = visitor.get("/")
        assert count(page, "exploited") == "0"
        assert count(page, "can be mended").startswith("13")
        assert "1 waived" in page.text
        assert f"A waiver ends on {MADE_AT.date() + timedelta(days=3)}" in page.one("body").words
        waivers.write_text(WAIVERS.format(until=date(2020, 1, 1)))
        assert count(visitor.get("/"), "exploited") == "1"
        assert "A waiver matches nothing: CVE-2023-44487" in visitor.get("/").one("body").words
        waivers.write_text("waivers: nonsense")
        assert "waivers.yaml" in visitor.get("/", 422).text


def test_a_finding_that_was_not_looked_for_again_is_there_still(site: Site) -> None:
    """Its feed was not asked, so nobody can say that it is gone; what was looked for and is not there is mended."""
    kept = flaw("CVE-2024-0001", "openssl", target="docker:app:1", feed="other/feed")
    gone = flaw("CVE-2024-0002", "curl", target="docker:app:1", feed="debian/bookworm")
    before = image("docker:app:1", ("ADD x /",), reported([kept, gone]), number=9, layers=(1,))
    site.remember(replace(before, feeds=(*before.feeds, replace(before.feeds[0], id="other/feed"))))
    site.remember(replace(before, findings=()))
    page = site.visitor().get("/")
    assert count(page, "can be mended").startswith("1")
    assert "1 mended" in page.text
    target = site.visitor().get("/targets/1")
    assert target.table("Source packages with flaws")[0][0] == "openssl"
    assert "CVE-2024-0002 curl" in target.text


def test_names_that_a_target_chose_are_shown_and_do_nothing(site: Site) -> None:
    """Markup stays text, and what is hidden or turns text around is made visible."""
    name = 'x"><script>alert(1)</script>\u202e\x1b[31m'
    target = Target(kind=TargetKind.HOST, reference="ssh://web-1", identifiers={"hostname": name})
    found = flaw('CVE-2024-0001"><img src=x>', "<b>zlib</b>\u202e", target="ssh://web-1")
    inventory = Inventory(target=target, taken_at=MADE_AT, distribution=DEBIAN, packages=host().inventory.packages)
    gap = Gap(kind="<i>", what="</ul>\udcff", why="'; alert(1) //")
    site.remember(TargetReport(inventory=inventory, findings=reported([found]), feeds=host().feeds, gaps=(gap,), running=True))
    visitor = site.visitor()
    for path in ("/", "/targets", "/targets/1", "/findings", f"/findings/{found.id}", "/runs/1"):
        page = visitor.get(path)
        assert not [each for each in page.elements if each.tag in ("script", "img", "i")], path
        assert not any(each in page.source for each in "\u202e\x1b"), path
    assert "<script>alert(1)</script>\\u202e\\x1b[31m" in visitor.get("/").text
    assert "</ul>\\xff" in visitor.get("/").text


def test_a_large_fleet_is_read_behind_the_back(site: Site) -> None:
    """Where reading takes long, one sees at once what was there before, with the time it is of."""
    site.remember(nginx())
    board = Board(site.server)
    board.now()
    board._took_s = 5.0
    site.remember(host())
    assert len(board.now().targets) == 1
    wait_until(lambda: len(board.now().targets) == 2)


def test_only_what_changed_is_read_again(site: Site) -> None:
    """A host that was looked at anew; the others are as they were."""
    site.remember(*ten_targets())
    board = Board(site.server)
    board.now()
    parts = dict(board._parts)
    site.remember(host())
    board.now()
    assert sum(part not in parts.values() for part in board._parts.values()) == 1
