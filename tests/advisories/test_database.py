"""The advisory database: feeds as files, replaced whole."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO

import pytest

from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.feed_file import file_name
from hullwatch.advisories.records import PackageGap, Parsed, Record
from hullwatch.advisories.sources import SOURCES, Source
from hullwatch.errors import HomeUnavailable
from hullwatch.model import About, Advisory, Distribution, Feed, Gap, Inventory, Lifecycle, Range, Scheme, Score

from ..doubles import NOON
from .builders import ALPINE, apk, deb, inventory, wheel

FEED = Feed(id="alpine/v3.9/main", source="alpine", addresses=("https://example.org/a",), covers="alpine 3.9 main", fetched_at=NOON)


def advisory(package: str, id_: str = "CVE-2020-0001") -> Advisory:
    return Advisory(id=id_, about=About.SOURCE, package=package, scheme=Scheme.APK, ranges=(Range(fixed="2"),))


@pytest.fixture
def database(tmp_path: Path) -> AdvisoryDatabase:
    """An empty one."""
    return AdvisoryDatabase(tmp_path / "advisories")


def test_what_is_written_is_found_by_package_in_the_order_of_the_publisher(database: AdvisoryDatabase) -> None:
    """Advisories and gaps of the packages asked for, and of no others."""
    gap = Gap(kind="advisory-record", what="b", why="no id")
    database.replace(FEED, [advisory("b", "CVE-2"), advisory("a"), PackageGap(package="b", gap=gap), advisory("b", "CVE-1"), advisory("c")])
    assert list(database.about(FEED, {"b", "a", "z"})) == [advisory("a"), advisory("b", "CVE-2"), gap, advisory("b", "CVE-1")]
    assert database.status() == (FEED,)


def test_many_names_are_asked_at_once(database: AdvisoryDatabase) -> None:
    """More than one query can hold."""
    names = [f"package{number}" for number in range(1700)]
    database.replace(FEED, [advisory(name) for name in names])
    assert len(list(database.about(FEED, names))) == 1700


def test_scores_come_from_every_feed(database: AdvisoryDatabase) -> None:
    """They are known by flaw alone."""
    score = Score(id="CVE-2020-0001", kind="kev", since=date(2020, 1, 1))
    database.replace(Feed(id="kev", source="kev", addresses=()), [score])
    database.replace(FEED, [advisory("a")])
    assert list(database.scores({"CVE-2020-0001", "CVE-2020-0002"})) == [score]


def test_a_feed_that_is_not_there_is_a_gap(database: AdvisoryDatabase) -> None:
    """It says what to do; the feeds that are there are asked."""
    database.replace(FEED, [])
    found = database.covering(inventory(ALPINE, apk("a", "1")))
    assert [each.id if isinstance(each, Feed) else (each.kind, each.what) for each in found] == [
        "alpine/v3.9/main",
        ("feed-missing", "alpine/v3.9/community"),
        ("feed-missing", "kev"),
    ]
    assert isinstance(found[1], Gap)
    assert "hullwatch db update" in found[1].why


def test_gaps_of_a_whole_feed_concern_everyone(database: AdvisoryDatabase) -> None:
    """They stand beside the feed."""
    gap = Gap(kind="suite-frozen", what="suite x", why="stands still")
    database.replace(FEED, [gap])
    assert gap in database.covering(inventory(ALPINE, apk("a", "1")))


def test_packages_of_which_no_source_speaks_are_a_gap(database: AdvisoryDatabase) -> None:
    """Silence about a distribution that nobody here knows is no good news."""
    plan9 = Distribution(id="plan9", release="4", name="Plan 9")
    [*_, gap] = database.covering(inventory(plan9, deb("a", "1"), deb("b", "1")))
    assert isinstance(gap, Gap)
    assert (gap.kind, gap.what) == ("no-advisories", "2 packages of Plan 9")
    [*_, gap] = database.covering(inventory(None, deb("a", "1"), wheel("b", "1")))
    assert isinstance(gap, Gap)
    assert (gap.kind, gap.what) == ("no-advisories", "1 packages of no known distribution")


def test_lifecycles_of_the_release_and_of_its_packages(database: AdvisoryDatabase) -> None:
    """By name or by Debian's kind of pattern."""
    lifecycles = [Lifecycle(subject="alpine 3.9"), Lifecycle(subject="golang.*"), Lifecycle(subject="zlib"), Lifecycle(subject="openssl")]
    database.replace(FEED, [*lifecycles, Lifecycle(subject="alpine 3.10")])
    assert list(database.lifecycles(inventory(ALPINE, apk("golang-1.11", "1"), apk("libz", "1", source="zlib")))) == lifecycles[:3]


@pytest.mark.parametrize("damage", [b"", b"x" * 5000])
def test_a_damaged_file_is_a_gap(database: AdvisoryDatabase, damage: bytes) -> None:
    """No traceback, and the remedy builds it anew."""
    database.replace(FEED, [advisory("a")])
    (database.directory / file_name(FEED.id)).write_bytes(damage)
    fresh = AdvisoryDatabase(database.directory)
    gap = next(iter(fresh.covering(inventory(ALPINE, apk("a", "1")))))
    assert isinstance(gap, Gap)
    assert gap.kind == "feed-damaged"
    assert [each.kind for each in fresh.about(FEED, {"a"}) if isinstance(each, Gap)] == ["feed-damaged"]
    assert fresh.status() == ()
    fresh.replace(FEED, [advisory("a")])
    assert list(fresh.about(FEED, {"a"})) == [advisory("a")]


def test_damage_in_the_middle_of_a_file_is_a_gap(database: AdvisoryDatabase) -> None:
    """Its first page is whole, so it opens; what it says is not."""
    database.replace(FEED, [advisory(f"package{number:05}") for number in range(5000)])
    path = database.directory / file_name(FEED.id)
    data = bytearray(path.read_bytes())
    data[20_000:] = os.urandom(len(data) - 20_000)
    path.write_bytes(data)
    found = list(AdvisoryDatabase(database.directory).about(FEED, [f"package{number:05}" for number in range(5000)]))
    assert isinstance(found[-1], Gap)
    assert found[-1].kind == "feed-damaged"


def test_a_reader_goes_on_with_the_file_that_it_opened(database: AdvisoryDatabase) -> None:
    """Another process replaces it meanwhile; this one is told one story throughout."""
    database.replace(FEED, [advisory("a", "CVE-OLD")])
    reader = AdvisoryDatabase(database.directory)
    assert [each.id for each in reader.about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-OLD"]
    database.replace(FEED, [advisory("a", "CVE-NEW")])
    assert [each.id for each in reader.about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-OLD"]
    assert [each.id for each in database.about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-NEW"]


def test_what_fails_half_way_leaves_the_old_file(database: AdvisoryDatabase) -> None:
    """And nothing beside it."""
    database.replace(FEED, [advisory("a", "CVE-OLD")])

    def broken() -> Iterator[Record]:
        yield advisory("a", "CVE-NEW")
        raise RuntimeError("the source fails")

    with pytest.raises(RuntimeError):
        database.replace(FEED, broken())
    assert [each.id for each in database.about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-OLD"]
    assert [path.name for path in database.directory.iterdir()] == [file_name(FEED.id)]


WRITER = """
    import sys
    from pathlib import Path
    from hullwatch.advisories.database import AdvisoryDatabase
    from hullwatch.model import About, Advisory, Feed, Scheme

    feed = Feed(id="alpine/v3.9/main", source="alpine", addresses=())
    def endless():
        number = 0
        while True:
            number += 1
            if number == 20_000:
                print("writing", flush=True)
            yield Advisory(id="CVE-NEW", about=About.SOURCE, package=f"p{number}", scheme=Scheme.APK, text="x" * 200)
    AdvisoryDatabase(Path(sys.argv[1])).replace(feed, endless())
"""


def test_kill_in_the_middle_leaves_the_old_file_and_the_next_writer_cleans_up(database: AdvisoryDatabase) -> None:
    """SIGKILL, while another process writes; a file beside that a living writer holds is left alone."""
    database.replace(FEED, [advisory("a", "CVE-OLD")])
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(database.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        [beside] = database.directory.glob(".new-*")
        _make_old(beside)
        database.replace(FEED, [advisory("a", "CVE-OLD")])
        assert beside.exists()
        writer.send_signal(signal.SIGKILL)
    assert [each.id for each in AdvisoryDatabase(database.directory).about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-OLD"]
    _make_old(beside)
    database.replace(FEED, [advisory("a", "CVE-NEWER")])
    assert [path.name for path in database.directory.iterdir()] == [file_name(FEED.id)]


def _make_old(path: Path) -> None:
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))


LIMITED = """
    import resource, signal, sys
    from pathlib import Path
    from hullwatch.advisories.database import AdvisoryDatabase
    from hullwatch.errors import HomeUnavailable
    from hullwatch.model import About, Advisory, Feed, Scheme

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    feed = Feed(id="alpine/v3.9/main", source="alpine", addresses=())
    many = (Advisory(id="CVE-NEW", about=About.SOURCE, package=f"p{n}", scheme=Scheme.APK, text="x" * 200) for n in range(50_000))
    try:
        AdvisoryDatabase(Path(sys.argv[1])).replace(feed, many)
    except HomeUnavailable as error:
        print(error.remedy)
"""


def test_a_full_disk_leaves_the_old_file(database: AdvisoryDatabase) -> None:
    """Played by a limit on the size of files: HomeUnavailable, the old rows, nothing beside."""
    database.replace(FEED, [advisory("a", "CVE-OLD")])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(database.directory)], capture_output=True, check=True, text=True
    )
    assert "the feed that was there stays" in done.stdout
    assert [each.id for each in database.about(FEED, {"a"}) if isinstance(each, Advisory)] == ["CVE-OLD"]
    assert [path.name for path in database.directory.iterdir()] == [file_name(FEED.id)]


def test_a_home_that_is_a_file_is_unavailable(tmp_path: Path) -> None:
    """The error says so; asking it is a gap."""
    (tmp_path / "advisories").write_text("")
    database = AdvisoryDatabase(tmp_path / "advisories")
    with pytest.raises(HomeUnavailable):
        database.replace(FEED, [])
    gap = next(iter(database.covering(inventory(ALPINE, apk("a", "1")))))
    assert isinstance(gap, Gap)


def test_files_of_another_version_are_built_anew(database: AdvisoryDatabase) -> None:
    """They are a gap until then."""
    database.replace(FEED, [])
    with sqlite3.connect(database.directory / file_name(FEED.id)) as connection:
        connection.execute("update meta set value = '99' where key = 'format'")
    connection.close()
    gap = next(iter(AdvisoryDatabase(database.directory).covering(inventory(ALPINE, apk("a", "1")))))
    assert isinstance(gap, Gap)
    assert "another version" in gap.why


def test_names_of_feeds_do_not_collide_nor_leave_the_directory() -> None:
    """A slash or a dot in an id is no path."""
    names = {file_name(id_) for id_ in ("a/b", "a%2Fb", "../a", "a_b", "a b")}
    assert len(names) == 5
    assert not any("/" in name for name in names)


def test_every_source_is_what_a_source_must_be() -> None:
    """Its name is that of its feeds, and its revision theirs."""
    inventories: Sequence[Inventory] = [
        inventory(ALPINE, apk("a", "1")),
        inventory(Distribution(id="debian", release="12"), deb("a", "1")),
        inventory(None, wheel("a", "1")),
    ]
    for source in SOURCES:
        feeds = [feed for each in inventories for feed in source.needs(each)]
        assert feeds
        assert {(feed.source, feed.revision) for feed in feeds} == {(source.name, source.revision)}
        assert all(feed.covers and feed.addresses for feed in feeds)


class Invented:
    """A source as a test wants it."""

    __name__ = "invented"
    name = "invented"
    revision = 1

    def needs(self, inventory: Inventory) -> Iterator[Feed]:
        yield Feed(id="invented", source="invented", addresses=("https://example.org/",))

    def parse(self, feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
        yield from ()


def test_sources_can_be_handed_in(tmp_path: Path) -> None:
    """A database for other sources than ours."""
    source: Source = Invented()
    found = AdvisoryDatabase(tmp_path, sources=(source,)).covering(inventory(None))
    assert [each.what for each in found if isinstance(each, Gap)] == ["invented"]
