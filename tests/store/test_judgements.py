"""What a judgement rested on is kept with it."""

from msgspec.structs import replace

from hullwatch.model import Gap, Location
from hullwatch.store.database import connect, transaction
from hullwatch.store.history import History
from hullwatch.store.judgements import ground_of, know_targets, portions
from hullwatch.store.life import Ground
from hullwatch.store.schema import feeds

from .judgements import BOOKWORM, IMAGE, day, image, judged, package

GAP = Gap(kind="version-order", what="CVE-1 on zlib", why="1_x", seen_at=Location("var/lib/dpkg/status"))


def test_a_judgement_is_kept_with_its_feeds_and_gaps(history: History, address: str) -> None:
    """Each as it was then; a feed of one date is kept once."""
    kev = replace(BOOKWORM, id="kev", fetched_at=None, fingerprint="sha256:7")
    newer = replace(BOOKWORM, fetched_at=day(1))
    found = image([package("zlib1g")])
    runs = [
        history.remember([judged(found, feeds=asked, gaps=gaps)], started_at=day(0), finished_at=day(0))[IMAGE].run
        for asked, gaps in (((BOOKWORM, kev), (GAP,)), ((newer, kev, kev), ()))
    ]
    with transaction(connect(address), write=True) as connection:
        target = know_targets(connection, [found.target])[IMAGE]
        assert ground_of(connection, target.id, runs[0]) == Ground.of("debian 12", ["debian/bookworm", "kev"], [GAP])
        assert ground_of(connection, target.id, runs[1]) == Ground.of("debian 12", ["debian/bookworm", "kev"], [])
        kept = connection.execute(feeds.select().order_by(feeds.c.id)).all()
        dates = sorted((row.name, row.fetched_at, row.fingerprint) for row in kept if row.name != "kev")
    assert dates == [("debian/bookworm", day(0), ""), ("debian/bookworm", day(1), "")]
    assert len(kept) == 3
    assert target.last_run == runs[1]


def test_items_are_taken_so_many_at_a_time() -> None:
    """None are left out, none come twice; of nothing there is no portion."""
    assert list(portions([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(portions([], 2)) == []
