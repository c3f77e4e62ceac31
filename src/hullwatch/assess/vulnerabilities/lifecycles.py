"""What the end of support means: past it, silence of the feed is no news."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from ...model import Distribution, Gap, Lifecycle, Note

END_OF_LIFE = "end-of-life"
"""Kind of the gap of a release whose support has ended."""


def judge_support(
    distribution: Distribution | None, lifecycles: Iterable[Lifecycle], sources: Iterable[str], today: date
) -> Iterator[Gap | Note]:
    """Yield a gap for a release or package whose support has ended, a note where it is limited. The last day itself is supported."""
    if distribution is None:
        return
    of_release = {f"{distribution.id} {name}".casefold() for name in (distribution.release, distribution.code_name) if name}
    lifecycles = tuple(lifecycles)
    yield from _release(distribution, [each for each in lifecycles if each.subject.casefold() in of_release], today)
    sources = sorted(set(sources))
    for each in lifecycles:
        if each.subject.casefold() not in of_release:
            yield from _packages(distribution, each, sources, today)


def ended_on(gap: Gap) -> str:
    """The day on which a release's support ended, from its gap (RFC 3339)."""
    return gap.why.partition(" since ")[2].partition(";")[0]


def _release(distribution: Distribution, said: Sequence[Lifecycle], today: date) -> Iterator[Gap | Note]:
    """The latest end counts: a release has several when others go on after its publisher stops."""
    ends = [each.ends for each in said if each.ends] or ([distribution.end_of_life] if distribution.end_of_life else [])
    name, release = distribution.id.capitalize(), distribution.release or distribution.code_name
    if ends and max(ends) < today:
        why = f"{name} publishes nothing for {release} since {max(ends).isoformat()}; later flaws cannot be known"
        yield Gap(kind=END_OF_LIFE, what=f"{name} {release}", why=why)
        return
    for each in said:
        if each.limited:
            yield Note(kind="limited-support", what=f"{name} {release}", why=each.text or "support is limited")


def _packages(distribution: Distribution, lifecycle: Lifecycle, sources: Sequence[str], today: date) -> Iterator[Gap | Note]:
    names = [name for name in sources if _fits(name, lifecycle.subject)]
    if not names:
        return
    more = f": {lifecycle.text}" if lifecycle.text else ""
    if lifecycle.ends and lifecycle.ends < today:
        why = f"{distribution.id.capitalize()} gives it no support since {lifecycle.ends.isoformat()}{more}"
        yield Gap(kind="support-ended", what=", ".join(names), why=why)
    elif lifecycle.limited:
        yield Note(kind="limited-support", what=", ".join(names), why=f"{distribution.id.capitalize()} limits its support{more}")


def _fits(name: str, pattern: str) -> bool:
    """Patterns are globs; Debian's own list writes ``golang.*`` for what starts with golang."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace(".*", "*"))
