"""Keeping the advisory database current: fetch what inventories need, as far as it has changed; what cannot be had is a gap."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from msgspec import Struct
from msgspec.structs import replace

from ..errors import Denied, HomeUnavailable, HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable, Untrusted
from ..model import Feed, Gap, Inventory
from ..ports import Clock, Progress
from .apt_sources import read_archives
from .at_once import several
from .database import AdvisoryDatabase
from .feed_file import FeedFile, Fingerprint
from .feed_writer import FeedWriter
from .fetch import Fetched, Fetcher
from .kept import KeptDocuments
from .places import mirror_address, path_of
from .records import Errand, Listed, Record, Remote, Wanted
from .sources import Following, Indexed, Source

_LARGE_SHARE = 0.5
_AT_ONCE = 8
"""Errands; they wait for the network most of the time."""
_MOST_UNREAD = 1000
"""Records of one feed; beyond that something is wrong with all of it."""
_FEW = 100
"""Of so few records a large share may well go."""


class _Shrunk(Malformed):
    """What was fetched holds much less than what is there."""


class _Older(Untrusted):
    """What was fetched was published before what is there: a mirror lags behind, or somebody plays old news."""


_KINDS: Mapping[type[HullwatchError], str] = {
    Unreachable: "feed-unreachable", NotFound: "feed-unreachable", Denied: "feed-unreachable", Untrusted: "feed-untrusted",
    Malformed: "feed-malformed", LimitExceeded: "feed-malformed", HomeUnavailable: "home", _Shrunk: "feed-shrunk", _Older: "feed-older",
}  # fmt: skip


class _Task(Struct, frozen=True):
    """One feed to keep current, and for whom."""

    feed: Feed
    source: Source
    inventories: tuple[Inventory, ...]


def update_feeds(
    database: AdvisoryDatabase, inventories: Sequence[Inventory], *, mirror: str, max_age_h: float, timeout_s: float, clock: Clock,
    progress: Progress, force: bool = False,
) -> tuple[Gap, ...]:  # fmt: skip
    """Have the feeds that these inventories need, none older than ``max_age_h``; a gap for each that could not be had.

    What was there stays when something fails, and the gap says of when it is. ``force`` asks even for fresh feeds and builds them anew.
    Raises Misuse for a mirror that is neither a directory nor an address.
    """
    place = path_of(mirror_address(mirror)) if mirror else None
    if place is not None and not place.is_dir():
        progress.warn(f"the mirror {place} is no directory: publishers are asked")
    with Fetcher(mirror=mirror, archives=read_archives(), timeout_s=timeout_s, progress=progress) as fetcher:
        return update_with(fetcher, database, inventories, max_age_h=max_age_h, clock=clock, progress=progress, force=force)


def update_with(
    fetcher: Fetcher, database: AdvisoryDatabase, inventories: Sequence[Inventory], *, max_age_h: float, clock: Clock,
    progress: Progress, force: bool = False,
) -> tuple[Gap, ...]:  # fmt: skip
    """As ``update_feeds``, by this fetcher."""
    updating = _Updating(database, fetcher, clock, progress, timedelta(hours=max_age_h), force=force)
    return tuple(gap for task in _tasks(database.sources, inventories) for gap in updating.keep_current(task))


def _tasks(sources: Sequence[Source], inventories: Sequence[Inventory]) -> Sequence[_Task]:
    """Each feed once, with the inventories that need it, in the order of sources and inventories."""
    found: dict[str, _Task] = {}
    for source in sources:
        for inventory in inventories:
            for feed in source.needs(inventory):
                task = found.get(feed.id, _Task(feed, source, ()))
                found[feed.id] = replace(task, inventories=(*task.inventories, inventory))
    return tuple(found.values())


class _Updating:
    """One doing of the update."""

    def __init__(
        self, database: AdvisoryDatabase, fetcher: Fetcher, clock: Clock, progress: Progress, max_age: timedelta, *, force: bool
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._clock = clock
        self._progress = progress
        self._max_age = max_age
        self._force = force
        self._kept = KeptDocuments(database.directory / "documents")

    def keep_current(self, task: _Task) -> Iterator[Gap]:
        """Fetch the feed unless it is fresh, then what its source looks further for; a gap when that fails."""
        feed = task.feed
        try:
            if self._is_fresh(self._database.file(feed.id), feed) and not self._errands(task):
                return
            with self._database.only_one(feed.id):
                known = self._database.file(feed.id)
                if not self._is_fresh(known, feed):
                    self._fetch(task, known)
                self._follow(task)
        except HullwatchError as error:
            yield self._failed(feed, error)

    def _errands(self, task: _Task) -> Sequence[Errand]:
        file = self._database.file(task.feed.id)
        if file is None or not isinstance(task.source, Following):
            return ()
        return task.source.follow(file.feed, task.inventories, file)

    def _follow(self, task: _Task) -> None:
        """Run the source's errands, several at once, and put what they bring into the feed's file."""
        errands = self._errands(task)
        if not errands:
            return
        brought = []
        with (
            self._progress.step(f"reading changelogs of {task.feed.covers}", len(errands), "packages") as step,
            closing(several(self._run, errands, threads=_AT_ONCE)) as found,
        ):
            for errand, records in zip(errands, found, strict=True):
                brought.append((errand.package, records))
                step.advance()
        with self._database.writing(task.feed.id, amend=True) as writer:
            for package, records in brought:
                writer.retell(package, records)
        self._progress.finished(f"feed {task.feed.id}", f"{len(errands)} changelogs")

    def _run(self, errand: Errand) -> Sequence[Record]:
        return errand.run(self._open)

    def _open(self, address: str, listed: Listed | None) -> Remote:
        if listed is None:
            return self._fetcher.open(address)
        fetched = self._fetcher.fetch(Wanted(address=address, sha256=listed.sha256), quietly=True)
        return Remote(fetched.body, listed.size_bytes)

    def _is_fresh(self, known: FeedFile | None, wanted: Feed) -> bool:
        if self._force or known is None or known.feed.revision < wanted.revision or known.feed.fetched_at is None:
            return False
        return timedelta(0) <= self._clock.now() - known.feed.fetched_at < self._max_age

    def _failed(self, feed: Feed, error: HullwatchError) -> Gap:
        kind = _KINDS.get(type(error), "feed-unreachable")
        known = self._database.file(feed.id)
        if known is None or known.feed.fetched_at is None:
            return Gap(kind=kind, what=feed.id, why=str(error))
        return Gap(kind=kind, what=feed.id, why=f"{error}; judged by what was fetched on {known.feed.fetched_at:%Y-%m-%d %H:%M} UTC")

    def _fetch(self, task: _Task, known: FeedFile | None) -> None:
        reusable = known if known is not None and known.feed.revision == task.feed.revision and not self._force else None
        with ExitStack() as stack:
            fetched = self._documents(task, reusable, stack)
            if reusable is not None and all(each.unchanged for each in fetched):
                self._touch(reusable.feed)
            else:
                self._build(task, fetched, known)

    def _documents(self, task: _Task, known: FeedFile | None, stack: ExitStack) -> Sequence[Fetched]:
        """What the feed consists of; when anything of it has changed, all of it, with bodies."""
        wanted = _wanted(task)
        fingerprints = known.fingerprints() if known is not None else {}
        first = self._all(wanted, fingerprints, stack)
        if fingerprints and all(each.unchanged for each in first):
            return first
        if any(each.unchanged for each in first):
            first = self._all(wanted, {}, stack)
        if not isinstance(task.source, Indexed):
            return first
        further = task.source.indexes(task.feed, [each.body for each in first])
        for each in first:
            each.body.seek(0)
        return [*first, *self._listed(further, stack)]

    def _listed(self, wanted: Sequence[Wanted], stack: ExitStack) -> Sequence[Fetched]:
        """Documents that are named by their digest: kept ones, else fetched and kept."""
        found = []
        for each in wanted:
            if (body := self._kept.open(each.sha256)) is not None:
                stack.callback(body.close)
                found.append(Fetched(body=body, fingerprint=Fingerprint(address=each.address, sha256=each.sha256)))
            else:
                found += self._all((each,), {}, stack)
                self._kept.keep(each.sha256, found[-1].body)
        return found

    def _all(self, wanted: Sequence[Wanted], known: Mapping[str, Fingerprint], stack: ExitStack) -> Sequence[Fetched]:
        fetched = []
        for each in wanted:
            fetched.append(self._fetcher.fetch(each, known.get(each.address)))
            stack.callback(fetched[-1].body.close)
        return fetched

    def _touch(self, feed: Feed) -> None:
        """Nothing has changed: the feed is as fresh as if it had been fetched anew."""
        with self._database.writing(feed.id, amend=True) as writer:
            writer.describe(replace(feed, fetched_at=self._clock.now()))
        self._progress.finished(f"feed {feed.id}", "unchanged")

    def _build(self, task: _Task, fetched: Sequence[Fetched], known: FeedFile | None) -> None:
        feed = replace(
            task.feed,
            fetched_at=self._clock.now(),
            published_at=_last_modified(fetched),
            fingerprint=_fingerprint(fetched),
        )
        with self._database.writing(feed.id) as writer:
            feed = _fill(writer, task, feed, fetched)
            if known is not None and isinstance(task.source, Following):
                _carry(writer, task.source, feed, known)
            writer.describe(feed)
            writer.fetched(each.fingerprint for each in fetched)
            if known is not None and not self._force:
                _refuse_shrunk(known, writer.count)
                _refuse_older(known.feed, feed)
        files = [self._database.file(each.id) for each in self._database.status()]
        self._kept.forget_others({known.sha256 for file in files if file is not None for known in file.fingerprints().values()})
        self._progress.finished(f"feed {feed.id}", f"{writer.count} records")


def _fill(writer: FeedWriter, task: _Task, feed: Feed, fetched: Sequence[Fetched]) -> Feed:
    """Write all that the documents say; the feed as its source describes it now. Raises Malformed when too much cannot be read."""
    described, unread = feed, 0
    for record in task.source.parse(feed, [each.body for each in fetched]):
        if isinstance(record, Feed):
            described = record
        else:
            writer.add(record)
            unread += isinstance(record, Gap)
            if unread > _MOST_UNREAD:
                raise Malformed(f"{feed.addresses[0]}: more than {_MOST_UNREAD} of its records cannot be read")
    return described


def _carry(writer: FeedWriter, source: Following, feed: Feed, known: FeedFile) -> None:
    """What was read before for packages still holds; where it is damaged, it is read again."""
    try:
        for package, records in source.carry(feed, known, writer):
            writer.retell(package, records)
    except Malformed:
        return


def _wanted(task: _Task) -> Sequence[Wanted]:
    if isinstance(task.source, Indexed):
        return task.source.documents(task.feed)
    return [Wanted(address=address) for address in task.feed.addresses]


def _refuse_shrunk(known: FeedFile, now: int) -> None:
    try:
        before = known.count()
    except Malformed:
        return
    if before >= _FEW and now < before * _LARGE_SHARE:
        raise _Shrunk(
            f"it holds {now} records where {before} are known: not used",
            remedy="if that is right, hullwatch db update --force uses it",
        )


def _refuse_older(known: Feed, now: Feed) -> None:
    if known.published_at and now.published_at and now.published_at < known.published_at:
        raise _Older(
            f"it is of {now.published_at:%Y-%m-%d %H:%M}, older than what is there, of {known.published_at:%Y-%m-%d %H:%M}: not used",
            remedy="if that is right, hullwatch db update --force uses it",
        )


def _fingerprint(fetched: Sequence[Fetched]) -> str:
    digests = [each.fingerprint.sha256 for each in fetched]
    return "sha256:" + (digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest())


def _last_modified(fetched: Sequence[Fetched]) -> datetime | None:
    """The newest time that a server gives for a document."""
    times = []
    for each in fetched:
        try:
            time = parsedate_to_datetime(each.fingerprint.last_modified)
        except (ValueError, TypeError, IndexError):
            continue
        times.append(time if time.tzinfo else time.replace(tzinfo=UTC))
    return max(times, default=None)
