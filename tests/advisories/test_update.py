"""Keeping the advisory database current."""

import io
import json
import shutil
import subprocess
import sys
import textwrap
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from hullwatch.advisories import alpine
from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.feed_file import file_name
from hullwatch.advisories.update import update_feeds
from hullwatch.errors import Misuse
from hullwatch.model import Advisory, Feed, Gap, Inventory, Score

from ..doubles import NOON, FixedClock, QuietProgress
from .builders import ALPINE, apk, inventory, update, wheel
from .conftest import Web, send, serving

IMAGE = inventory(ALPINE, apk("zlib", "1.2.10-r0"))
LATER = FixedClock(NOON + timedelta(days=2))


class Feeds:
    """A mirror of Alpine's, OSV's and CISA's feeds in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.alpine(main={"zlib": {"1.2.11-r4": ["CVE-2022-37434"]}}, community={})
        self._write("www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json", {"vulnerabilities": []})
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            record = {"id": "PYSEC-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}]}
            archive.writestr("PYSEC-1.json", json.dumps(record))
        self._write("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip", stream.getvalue())

    def alpine(self, **repositories: dict[str, dict[str, list[str]]]) -> None:
        """Write documents of 3.9."""
        for repository, packages in repositories.items():
            entries = [{"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages.items()]
            self._write(f"secdb.alpinelinux.org/v3.9/{repository}.json", {"packages": entries})

    def path(self, name: str) -> Path:
        """A document of Alpine's."""
        return self.root / f"secdb.alpinelinux.org/v3.9/{name}.json"

    def _write(self, path: str, content: object) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


@pytest.fixture
def feeds(tmp_path: Path) -> Feeds:
    """A mirror with one flaw of zlib."""
    return Feeds(tmp_path / "mirror")


@pytest.fixture
def database(tmp_path: Path) -> AdvisoryDatabase:
    """An empty one."""
    return AdvisoryDatabase(tmp_path / "advisories")


def flaws(database: AdvisoryDatabase, image: Inventory = IMAGE) -> list[str]:
    names = {package.name for package in image.packages}
    covering = [feed for feed in database.covering(image) if isinstance(feed, Feed)]
    return [each.id for feed in covering for each in database.about(feed, names) if isinstance(each, Advisory)]


def test_what_inventories_need_is_fetched_each_once(feeds: Feeds, database: AdvisoryDatabase, web: Web) -> None:
    """The catalogue of exploited flaws always, other feeds for whom they concern."""
    web.answer = serving(feeds.root)
    assert update(database, [IMAGE, IMAGE, inventory(None, wheel("a", "1"))], web.address) == ()
    assert [feed.id for feed in database.status()] == ["alpine/v3.9/community", "alpine/v3.9/main", "kev", "osv/PyPI"]
    assert len(web.requests) == 4
    assert flaws(database) == ["CVE-2022-37434"]
    assert database.covering(IMAGE)[0] == database.status()[1]


def test_fresh_feeds_are_not_asked(feeds: Feeds, database: AdvisoryDatabase, web: Web) -> None:
    """Until they are a day old, or it is forced; a date in the future is no freshness."""
    web.answer = serving(feeds.root)
    for clock, force, asked in (
        (FixedClock(), False, 3),
        (FixedClock(NOON + timedelta(hours=23)), False, 0),
        (FixedClock(NOON + timedelta(hours=23)), True, 3),
        (FixedClock(NOON - timedelta(days=1)), False, 3),
        (LATER, False, 3),
    ):
        web.requests.clear()
        assert update(database, [IMAGE], web.address, clock=clock, force=force) == ()
        assert len(web.requests) == asked


def test_an_unchanged_feed_is_as_fresh_as_a_new_one(feeds: Feeds, database: AdvisoryDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not parsed again."""
    update(database, [IMAGE], feeds.root)
    monkeypatch.setattr(alpine, "parse", None)
    assert update(database, [IMAGE], feeds.root, clock=LATER) == ()
    assert {feed.fetched_at for feed in database.status()} == {LATER.now()}
    assert flaws(database) == ["CVE-2022-37434"]


def test_a_parser_that_learnt_something_builds_anew(feeds: Feeds, database: AdvisoryDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though feed and bytes are the same."""
    update(database, [IMAGE], feeds.root)
    monkeypatch.setattr(alpine, "revision", 2)
    assert update(database, [IMAGE], feeds.root) == ()
    assert {feed.revision for feed in database.status() if feed.source == "alpine"} == {2}


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"<!doctype html><p>log in</p>", "feed-malformed"), (b'{"packages": [', "feed-malformed"), (None, "feed-unreachable")],
)
def test_what_fails_leaves_the_old_rows_and_says_of_when_they_are(
    feeds: Feeds, database: AdvisoryDatabase, content: bytes | None, kind: str
) -> None:
    """The other feeds are updated all the same."""
    update(database, [IMAGE], feeds.root)
    feeds.path("main").write_bytes(content) if content is not None else feeds.path("main").unlink()
    [gap] = update(database, [IMAGE], feeds.root, clock=LATER)
    assert (gap.kind, gap.what) == (kind, "alpine/v3.9/main")
    assert "judged by what was fetched on 2026-11-25 12:00 UTC" in gap.why
    assert flaws(database) == ["CVE-2022-37434"]
    assert [feed.fetched_at == LATER.now() for feed in database.status()] == [True, False, True]


def test_a_feed_that_was_never_had_is_a_gap_of_the_update_and_of_the_inventory(feeds: Feeds, database: AdvisoryDatabase) -> None:
    """Community exists since 3.3, so that it is missing is no good news."""
    feeds.path("community").unlink()
    [gap] = update(database, [IMAGE], feeds.root)
    assert (gap.kind, gap.what) == ("feed-unreachable", "alpine/v3.9/community")
    assert [each.kind for each in database.covering(IMAGE) if isinstance(each, Gap)] == ["feed-missing"]


def test_a_build_that_loses_much_is_refused(feeds: Feeds, database: AdvisoryDatabase) -> None:
    """Unless it is forced: sometimes it is right."""
    many = {f"package{number}": {"1": [f"CVE-2020-{number:04}"]} for number in range(1000, 1200)}
    feeds.alpine(main=many)
    update(database, [IMAGE], feeds.root)
    feeds.alpine(main=dict(list(many.items())[:90]))
    [gap] = update(database, [IMAGE], feeds.root, clock=LATER)
    assert (gap.kind, "90 records where 200" in gap.why) == ("feed-shrunk", True)
    assert flaws(database, inventory(ALPINE, apk("package1199", "0"))) == ["CVE-2020-1199"]
    assert update(database, [IMAGE], feeds.root, clock=LATER, force=True) == ()
    assert flaws(database, inventory(ALPINE, apk("package1199", "0"))) == []


def test_old_news_are_refused(feeds: Feeds, database: AdvisoryDatabase) -> None:
    """A mirror that lags behind does not take back what is known."""
    path = feeds.root / "www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    flaw = {"cveID": "CVE-2026-0001", "dateAdded": "2026-11-01"}
    path.write_text(json.dumps({"dateReleased": "2026-11-20T00:00:00Z", "vulnerabilities": [flaw]}))
    update(database, [IMAGE], feeds.root)
    path.write_text(json.dumps({"dateReleased": "2026-10-01T00:00:00Z", "vulnerabilities": []}))
    [gap] = update(database, [IMAGE], feeds.root, clock=LATER)
    assert (gap.kind, gap.what) == ("feed-older", "kev")
    assert [score for score in database.scores({"CVE-2026-0001"}) if isinstance(score, Score)]


def test_a_damaged_file_is_built_anew(feeds: Feeds, database: AdvisoryDatabase) -> None:
    """At the next update, without being forced."""
    update(database, [IMAGE], feeds.root)
    (database.directory / file_name("alpine/v3.9/main")).write_bytes(b"x" * 9000)
    assert update(database, [IMAGE], feeds.root) == ()
    assert flaws(database) == ["CVE-2022-37434"]


def test_a_home_that_cannot_be_written_is_a_gap(feeds: Feeds, tmp_path: Path) -> None:
    """For each feed that could not be kept."""
    (tmp_path / "file").write_text("")
    gaps = update(AdvisoryDatabase(tmp_path / "file"), [IMAGE], feeds.root)
    assert [gap.kind for gap in gaps] == ["home"] * 3


def test_a_mirror_of_another_kind_is_misuse(database: AdvisoryDatabase) -> None:
    """The user gave it, so the user is told."""
    with pytest.raises(Misuse):
        update_feeds(database, [IMAGE], mirror="ftp://x", max_age_h=24, timeout_s=1, clock=FixedClock(), progress=QuietProgress())


def test_without_anything_to_fetch_nothing_is_asked(database: AdvisoryDatabase, web: Web) -> None:
    """A daemon has no packages."""
    assert update(database, [inventory(None)], web.address) == ()
    assert web.requests == []


def test_fresh_feeds_cost_no_import_of_the_network() -> None:
    """A scan of what is known starts as fast as it can: httpx takes longer to import than all the rest."""
    code = "import sys; from hullwatch.advisories import update, database; print(sorted({'httpx', 'zstandard', 'ssl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


UPDATER = """
    import sys
    from pathlib import Path
    from hullwatch.advisories.database import AdvisoryDatabase
    from tests.advisories.builders import update
    from tests.advisories.test_update import IMAGE

    sys.exit(len(update(AdvisoryDatabase(Path(sys.argv[1])), [IMAGE], sys.argv[2])))
"""


def test_two_updates_at_once_do_not_undo_each_other(feeds: Feeds, database: AdvisoryDatabase, web: Web) -> None:
    """Four processes: one fetches each feed, the others find it fresh; all end well."""
    web.answer = serving(feeds.root)
    command = [sys.executable, "-c", textwrap.dedent(UPDATER), str(database.directory), web.address]
    processes = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert len(web.requests) == 3
    assert flaws(database) == ["CVE-2022-37434"]
    assert not list(database.directory.glob(".new-*"))


def test_an_interrupted_transfer_is_no_feed(feeds: Feeds, database: AdvisoryDatabase, web: Web) -> None:
    """The server closes half-way, always."""
    shutil.rmtree(feeds.root)
    web.answer = lambda handler: send(handler, b'{"packages": []', content_length="500")
    assert {gap.kind for gap in update(database, [IMAGE], web.address)} == {"feed-unreachable"}
    assert database.status() == ()
