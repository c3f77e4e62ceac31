"""Targets, and one of them: what is known, where in it that lies, and what can be done with it."""

from pathlib import Path

from msgspec.structs import replace

from hullwatch.model import ContainerFacts, Inventory, Judgement, Target, TargetKind, TargetReport
from hullwatch.store.runs import Parameters
from hullwatch.store.users import Role

from ..reports.builders import DEBIAN, DEBIAN_FEED, MADE_AT, flaws, image, packages, reported
from ..reports.samples import daemon, host, nginx
from .site import Site


def test_a_target_is_watched_and_looked_at_at_once(site: Site) -> None:
    """This machine, its daemon, an image; one ends at the run."""
    visitor = site.visitor()
    for number, reference in enumerate(("host", "daemon", "nginx:1.25"), 1):
        page = visitor.post("/targets", form="/targets", reference=reference, scan="yes", name="", labels="web, shop,,web")
        assert page.path == f"/runs/{number}"
    rows = visitor.get("/targets").table("Watch something")
    assert [row[0] for row in rows] == ["host", "daemon", "docker:nginx:1.25"]
    assert rows[2][2:5] == ["web shop", "?", "never"]
    assert site.memory.runs.get(3).requested_by == "admin"


def test_a_target_can_be_watched_without_being_looked_at(site: Site) -> None:
    """Then one ends at its page, which says that it was never judged."""
    page = site.visitor().post("/targets", form="/targets", reference=" docker:nginx:1.25 ", name="the door")
    assert page.path == "/targets/1"
    assert page.one("h1").words == "the door"
    assert "Not judged yet." in page.text
    assert "nothing has looked at it yet" in page.text


def test_what_cannot_be_understood_is_told_above_the_form_that_keeps_it(site: Site, tmp_path: Path) -> None:
    """With what to do about it; nothing is watched."""
    page = site.visitor().post("/targets", form="/targets", status=422, reference="Upper/Case", name="the door", labels="a, b")
    assert "That did not work: 'Upper/Case' is no image reference write NAME[:TAG]" in page.text
    fields = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
    assert (fields["reference"], fields["name"], fields["labels"]) == ("Upper/Case", "the door", "a, b")
    site.visitor().post("/targets", form="/targets", status=422, reference=str(tmp_path / "nothing"))
    assert site.memory.targets.page() == []


def test_name_and_labels_change_and_watching_ends(site: Site) -> None:
    """What was found stays in history."""
    site.remember(nginx())
    visitor = site.visitor()
    page = visitor.post("/targets/1/change", form="/targets/1", name="the door", labels="web")
    assert page.one("h1").words == "the door"
    assert site.memory.targets.get(1).labels == ("web",)
    page = visitor.post("/targets/1/leave", form="/targets/1")
    assert page.path == "/targets"
    assert "Nothing is watched yet." in page.text
    assert site.memory.history.findings("docker:nginx:1.25")


def test_a_target_is_looked_at_now(site: Site) -> None:
    """By pressing a button; one ends at the run."""
    site.remember(nginx())
    assert site.visitor().post("/targets/1/run", form="/targets/1").path == "/runs/2"
    assert [each.reference for each in site.memory.runs.targets(2)] == ["docker:nginx:1.25"]
    assert "Run 2 is to look at it." in site.visitor().get("/targets/1").text


def test_an_image_is_shown_by_package_and_by_layer(site: Site) -> None:
    """Most urgent package first, each flaw a link; layers with their instructions; the sum is the same."""
    site.remember(nginx())
    page = site.visitor(Role.VIEWER).get("/targets/1")
    assert page.one("h1").words == "image nginx:1.25"
    assert "debian 12 · 149 packages · 7 layers · running as web" in page.text
    flawed = page.table("Source packages with flaws")
    assert flawed[0][4] == "EXPLOITED"
    assert "CVE-2023-44487" in flawed[0][5]
    assert sum(len(row[5].split()) for row in flawed) == 14
    layers = page.table("Layers")
    assert layers[0][0].startswith("1 ADD file:5ad08d7ef3a4c8d1 in /")
    assert sum(int(row[2]) for row in layers if row[2] != "-") == 14
    assert sum(len(row[-1].split()) for row in page.table("No fix yet")) == 12
    finding = next(each for each in page.all("a") if each.text == "CVE-2023-44487").attributes["href"]
    assert site.visitor().get(finding).one("h1").words.startswith("CVE-2023-44487 on ")


def test_a_daemon_is_shown_by_check(site: Site) -> None:
    """Those that fail with their remedies, the others folded away; what could not be judged."""
    site.remember(daemon())
    page = site.visitor().get("/targets/1")
    assert page.one("h1").words == "daemon 20.10.24"
    assert len(page.table("Checks that fail, CIS 1.6.0")) == 9
    assert "71 pass" in page.text
    assert "21 undetermined" in page.text
    assert page.text.count("a person has to look") == 18
    assert "audit rules are readable by root only; run with sudo" in page.text


def test_a_container_is_shown_as_what_its_image_has_not(site: Site) -> None:
    """Where that image is watched too."""
    target = Target(kind=TargetKind.IMAGE, reference="docker:app:1")
    found = list(flaws(target, fix=5, high=2, layers=(1,)))
    built = image("docker:app:1", ("ADD x /",), reported(found), number=9, layers=(1,))
    assert built.inventory.image is not None
    image_id = built.inventory.image.image_id
    facts = ContainerFacts(container_id="c" * 64, name="web", image_id=image_id, image_name="app:1", state="running", tag_image_id=image_id)
    inside = Target(kind=TargetKind.CONTAINER, reference="container:web")
    same = [replace(each, id=f"{number:016x}", target=inside.reference) for number, each in enumerate(found)]
    inventory = Inventory(target=inside, taken_at=MADE_AT, distribution=DEBIAN, packages=packages(9), container=facts)
    container = TargetReport(inventory=inventory, findings=reported(same), feeds=(DEBIAN_FEED,), running=True)
    site.remember(built, container)
    page = site.visitor().get("/targets/2")
    assert "= app:1" in page.text
    assert "0 gaps 0 waived" in page.text
    assert "CVE-" not in page.text
    assert site.visitor().get("/").table("Targets")[1][1] == "= app:1"


def test_older_reports_show_what_is_kept_of_them(site: Site) -> None:
    """A terminal's run leaves findings, gaps and feeds' dates; what is not known stands as a question."""
    made = nginx()
    site.watch(made.inventory.target)
    judgement = Judgement(inventory=made.inventory, findings=tuple(each.finding for each in made.findings), feeds=made.feeds)
    site.memory.history.remember([judgement], started_at=MADE_AT, finished_at=MADE_AT)
    page = site.visitor().get("/targets/1")
    assert len(page.table("Layers")) == 7
    assert "at least 12 have no fix yet" in page.text
    assert page.table("Mend now, in order")[0][4] == "?"


def test_a_report_can_be_had_in_every_format(site: Site) -> None:
    """As on the command line; of an unknown one, a problem that names those there are."""
    site.remember(host())
    visitor = site.visitor()
    links = [each for each in visitor.get("/targets/1").links() if "/report?format=" in each]
    assert len(links) >= 6
    for link in links:
        assert visitor.client.get(link).status_code == 200
    twin = visitor.client.get("/api/v1/targets/1/report").json()
    assert twin["summary"]["total"]["vulnerabilities"]["fix"] == 23
    assert visitor.client.get("/api/v1/targets/1/report?format=nonsense").status_code == 422


def test_many_targets_are_read_page_by_page(site: Site) -> None:
    """A link leads on."""
    for number in range(101):
        site.watch(Target(kind=TargetKind.IMAGE, reference=f"docker:app:{number}"))
    visitor = site.visitor()
    page = visitor.get("/targets")
    (following,) = [each.attributes["href"] for each in page.all("a") if each.attributes.get("rel") == "next"]
    assert [row[0] for row in visitor.get(following).table("Watch something")] == ["docker:app:100"]
    assert "81 more targets" in visitor.get("/").text


def test_a_run_that_has_not_ended_is_told(site: Site) -> None:
    """Also by the first page."""
    site.remember(host())
    site.memory.work.request("scan", ["host"], by="admin", at=MADE_AT, parameters=Parameters())
    assert "1 run under way" in site.visitor().get("/").text
