"""When a finding that is no longer found is gone, and when it was merely not looked for. Pure rules; a doubt keeps it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from msgspec import Struct

from ..model import Comparison, Daemon, Finding, FindingKind, Gap, Inventory, Judgement, Verdict


class Ground(Struct, frozen=True):
    """What a judgement rested on."""

    distribution: str
    feeds: frozenset[str]
    gaps: frozenset[tuple[str, str, str]]
    """Kind, what and path (empty when it has no place) of each."""

    @classmethod
    def of(cls, distribution: str, feeds: Iterable[str], gaps: Iterable[Gap]) -> "Ground":
        """From its parts."""
        return cls(distribution, frozenset(feeds), frozenset((gap.kind, gap.what, gap.seen_at.path if gap.seen_at else "") for gap in gaps))


class Sight:
    """What one judgement can say of findings that it has not. Made once per judgement."""

    def __init__(self, judgement: Judgement) -> None:
        inventory = judgement.inventory
        damaged = {gap.what for gap in judgement.gaps if gap.kind.startswith("feed")}
        asked = (feed.id for feed in judgement.feeds if feed.id not in damaged)
        self._ground = Ground.of(release_of(inventory), asked, judgement.gaps)
        self._unread = Ground.of("", (), inventory.gaps).gaps
        self._subjects = frozenset(_subjects(inventory)) if inventory.packages or inventory.readers else None
        self._doubted = frozenset(word for gap in judgement.gaps for word in re.split(r"[\s,]+", f"{gap.what} {gap.why}"))
        self._daemon = inventory.daemon
        self._files = bool(inventory.file_states)
        self._answered = frozenset(finding.rule for finding in judgement.findings)
        self._open = frozenset(finding.rule for finding in judgement.findings if finding.verdict is Verdict.UNDETERMINED)

    def sees_gone(self, finding: Finding, then: Ground) -> bool:
        """Whether ``finding``, absent from this judgement and last seen on the ground ``then``, is gone: it was looked for again."""
        match finding.kind:
            case FindingKind.VULNERABILITY:
                return self._flaw_is_gone(finding, then)
            case FindingKind.BENCHMARK:
                return self._daemon is not None and self._object_is_gone(finding, self._daemon)
            case FindingKind.INTEGRITY:
                return self._files
            case _:
                assert_never(finding.kind)

    def _flaw_is_gone(self, finding: Finding, then: Ground) -> bool:
        """A package that left takes its flaws along, unless a new gap may hide it. One that stayed must have been judged again."""
        if self._subjects is None:
            return False
        if _plain(finding.subject) not in self._subjects:
            return not any(_may_hide(path, finding) for _, _, path in self._unread - then.gaps)
        names = {finding.rule, *finding.aliases, finding.subject, finding.subject.partition(":")[2]}
        if names & self._doubted:
            return False
        wanted = {evidence.feed for evidence in finding.evidence if isinstance(evidence, Comparison)} or then.feeds
        return bool(self._ground.feeds) and (wanted <= self._ground.feeds or self._moved_on(then))

    def _moved_on(self, then: Ground) -> bool:
        """A target of another release needs other feeds: the old ones are not missed once new ones were asked in their place."""
        lacks_feed = any(kind.startswith("feed") or kind == "no-advisories" for kind, _, _ in self._ground.gaps)
        return self._ground.distribution != then.distribution and bool(self._ground.feeds - then.feeds) and not lacks_feed

    def _object_is_gone(self, finding: Finding, daemon: Daemon) -> bool:
        """An object with a name that the engine no longer lists; or one without, when the check was answered and no answer is open."""
        kind, _, name = finding.subject.partition(":")
        if kind in _OBJECTS:
            names = _OBJECTS[kind](daemon)
            return names is not None and name not in names
        return finding.rule in self._answered and finding.rule not in self._open


def release_of(inventory: Inventory) -> str:
    """Distribution and release, as one word for comparison and for people; empty where there is none."""
    return f"{inventory.distribution.id} {inventory.distribution.release}".strip() if inventory.distribution else ""


def _subjects(inventory: Inventory) -> Iterator[str]:
    for package in inventory.packages:
        if package.ecosystem is None:
            yield from (package.source.name, package.name)
        else:
            yield _plain(f"{package.ecosystem}:{package.name}")


def _plain(subject: str) -> str:
    """Language packages may be spelt with capitals and other hyphens."""
    return re.sub(r"[-_.]+", "-", subject).lower() if ":" in subject else subject


def _may_hide(path: str, finding: Finding) -> bool:
    """Whether what could not be read there may be where the finding's packages were seen; what has no place may be anywhere."""
    seen = (at.path for evidence in finding.evidence if isinstance(evidence, Comparison) for at in evidence.seen_at)
    return not path or any(at == path or at.startswith(f"{path}/") for at in seen)


def _containers(daemon: Daemon) -> set[str] | None:
    return None if daemon.containers is None else {name for each in daemon.containers for name in (each.name, each.id)}


def _images(daemon: Daemon) -> set[str] | None:
    return None if daemon.images is None else {name for each in daemon.images for name in (*each.names, each.id)}


def _networks(daemon: Daemon) -> set[str] | None:
    return None if daemon.networks is None else {name for each in daemon.networks for name in (each.name, each.id)}


_OBJECTS: dict[str, Callable[[Daemon], set[str] | None]] = {"container": _containers, "image": _images, "network": _networks}
"""Names of the objects that a check's subject begins with; None where the engine did not say."""
