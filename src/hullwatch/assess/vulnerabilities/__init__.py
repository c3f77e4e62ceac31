"""Which flaws an inventory has, by the word of its packages' own publishers. Advisories come through a port, the time is handed in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ...model import Advisory, Ecosystem, Feed, Finding, Gap, Inventory, Judgement, Note, Score
from ...ports import Advisories
from .archive import newer_than_archive, not_in_archive, outdated_note
from .findings import finding_of
from .fixes import Statements
from .installed import Installed
from .kernel import Kernels
from .lifecycles import judge_support
from .matching import affecting
from .merging import Flaw, merged, natural
from .ownership import Division, owned_note, part_of, unjudged
from .precedence import Hit, standing

__all__ = ["judge_packages"]


def judge_packages(inventory: Inventory, advisories: Advisories, *, now: datetime) -> Judgement:
    """Judge every package of an inventory, each by its own publisher, as of ``now``.

    Findings are ordered by subject and rule; gaps and notes of the inventory come before those of judging, each once.
    """
    division = Division(inventory)
    covering = tuple(advisories.covering(inventory))
    feeds = [each for each in covering if isinstance(each, Feed)]
    gaps = [*inventory.gaps, *(each for each in covering if isinstance(each, Gap))]
    hearing = _Hearing(division)
    for feed in sorted(feeds, key=lambda feed: isinstance(part_of(feed), Ecosystem)):
        if isinstance(part_of(feed), Ecosystem):
            hearing.disown()
        gaps += hearing.hear(feed, advisories)
    hearing.disown()
    gaps += unjudged(division, inventory, covering)
    notes = [*inventory.notes, *owned_note(division.owned)]
    gaps += hearing.archive_gaps()
    findings, outdated = hearing.findings(inventory, advisories)
    sources = {name for part, judged in division.parts.items() if not isinstance(part, Ecosystem) for name in judged.sources}
    support = list(judge_support(inventory.distribution, advisories.lifecycles(inventory), sources, now.date()))
    gaps += [each for each in support if isinstance(each, Gap)]
    notes += [*(each for each in support if isinstance(each, Note)), *outdated_note(outdated), *Kernels(inventory).reboot_note(findings)]
    return Judgement(
        inventory=inventory,
        findings=tuple(findings),
        gaps=tuple(dict.fromkeys(gaps)),
        notes=tuple(dict.fromkeys(notes)),
        feeds=tuple(feeds),
    )


class _Hearing:
    """What all feeds said of one inventory, by subject."""

    def __init__(self, division: Division) -> None:
        self._division = division
        self._hits: dict[str, list[Hit]] = {}
        self._said: dict[str, list[Advisory]] = {}
        self._listing: list[Feed] = []
        self._named: dict[str, list[Advisory]] = {}

    def hear(self, feed: Feed, advisories: Advisories) -> Iterator[Gap]:
        """Ask one feed about all packages that it judges, at once; yield what it, or we, could not judge."""
        judged = self._division.judged_by(feed)
        if not judged.sources:
            return
        said: dict[tuple[str, str], list[Advisory]] = {}
        for each in advisories.about(feed, judged.sources.keys()):
            if isinstance(each, Gap):
                yield each
            else:
                said.setdefault((each.about, each.package), []).append(each)
        if feed.lists_every_package:
            self._listing.append(feed)
            for (_, name), spoken in said.items():
                self._named.setdefault(name, []).extend(spoken)
        for spoken in said.values():
            versions = judged.named(spoken[0].about, spoken[0].package)
            for subject in {installed.subject for installed in versions}:
                self._said.setdefault(subject, []).extend(spoken)
            for installed in versions:
                yield from self._match(feed, installed, spoken)

    def _match(self, feed: Feed, installed: Installed, said: Sequence[Advisory]) -> Iterator[Gap]:
        for each in affecting(installed, said):
            if isinstance(each, Gap):
                yield each
            else:
                self._hits.setdefault(installed.subject, []).append(Hit(feed.id, each))

    def disown(self) -> None:
        """Once the archive was heard: what third parties' packages brought is judged by its ecosystem."""
        if self._listing:
            self._division.disown(self._named.keys())

    def archive_gaps(self) -> list[Gap]:
        """What lies outside the archives that the feeds list."""
        part = next((part_of(feed) for feed in self._listing), None)
        if part is None:
            return []
        sources = self._division.parts[part].sources
        installed = [each for group in sources.values() for each in group]
        return not_in_archive(self._listing, sources, self._named) + newer_than_archive(self._listing, installed, self._named)

    def findings(self, inventory: Inventory, advisories: Advisories) -> tuple[list[Finding], list[str]]:
        """All findings in order, and the subjects that are merely outdated."""
        flaws: list[tuple[Flaw, str]] = []
        outdated: list[str] = []
        for subject, hits in self._hits.items():
            counts = standing(hits)
            outdated += [subject] if counts.outdated else []
            statements = Statements(self._said[subject])
            flaws += [(flaw, statements.fixed_in(flaw)) for flaw in merged(counts.hits)]
        scores = _scores(advisories, {id_ for flaw, _ in flaws for id_ in flaw.ids})
        kernels = Kernels(inventory)
        found = [kernels.noted(finding_of(flaw, inventory.target.reference, fixed_in, scores)) for flaw, fixed_in in flaws]
        return sorted(found, key=lambda finding: (finding.subject, natural(finding.rule))), outdated


def _scores(advisories: Advisories, ids: set[str]) -> Mapping[str, Sequence[Score]]:
    scores: dict[str, list[Score]] = {}
    for score in advisories.scores(ids) if ids else ():
        scores.setdefault(score.id, []).append(score)
    return scores
