"""Small inventories, advisories and reports, and advisories held in memory, for the tests of this room."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hullwatch.assess.vulnerabilities import judge_packages
from hullwatch.model import (
    About,
    Advisory,
    ContainerFacts,
    Digest,
    Distribution,
    Ecosystem,
    Feed,
    Finding,
    Gap,
    ImageFacts,
    Inventory,
    Judgement,
    Layer,
    Lifecycle,
    Location,
    Package,
    Range,
    Reported,
    Scheme,
    Score,
    SourcePackage,
    Target,
    TargetKind,
    TargetReport,
    Waiver,
)

from ..doubles import NOON

BOOKWORM = Distribution(id="debian", release="12", code_name="bookworm")
ALPINE = Distribution(id="alpine", release="3.9")
DEBIAN_FEED = Feed(id="debian/bookworm", source="debian_archive", addresses=(), covers="debian bookworm", lists_every_package=True)
ALPINE_FEED = Feed(id="alpine/v3.9/main", source="alpine", addresses=(), covers="alpine 3.9 main")
PYPI_FEED = Feed(id="osv/PyPI", source="osv", addresses=(), covers="PyPI", knows_unfixed=True)
KEV_FEED = Feed(id="kev", source="kev", addresses=())


class MemoryAdvisories:
    """Advisories in dictionaries; remembers what it was asked."""

    def __init__(
        self,
        said: Mapping[str, Sequence[Advisory | Gap]] | None = None,
        *,
        feeds: Sequence[Feed | Gap] = (),
        scores: Iterable[Score] = (),
        lifecycles: Iterable[Lifecycle] = (),
    ) -> None:
        self._said = dict(said or {})
        self._feeds = feeds
        self._scores = tuple(scores)
        self._lifecycles = tuple(lifecycles)
        self.asked: list[tuple[str, frozenset[str]]] = []

    def covering(self, inventory: Inventory) -> Sequence[Feed | Gap]:
        return self._feeds

    def about(self, feed: Feed, packages: Collection[str]) -> Iterable[Advisory | Gap]:
        self.asked.append((feed.id, frozenset(packages)))
        for each in self._said.get(feed.id, ()):
            if isinstance(each, Gap) or each.package in packages:
                yield each

    def scores(self, ids: Collection[str]) -> Iterable[Score]:
        return [score for score in self._scores if score.id in ids]

    def lifecycles(self, inventory: Inventory) -> Iterable[Lifecycle]:
        return self._lifecycles


def deb(name: str, version: str, *, source: str = "", source_version: str = "", layer: int = 0, architecture: str = "amd64") -> Package:
    """A Debian package."""
    return Package(
        name=name,
        version=version,
        scheme=Scheme.DEB,
        source=SourcePackage(source or name, source_version or version),
        architecture=architecture,
        seen_at=(at("var/lib/dpkg/status", layer),),
    )


def apk(name: str, version: str, *, source: str = "", layer: int = 0) -> Package:
    """An Alpine package."""
    return Package(
        name=name,
        version=version,
        scheme=Scheme.APK,
        source=SourcePackage(source or name, version),
        seen_at=(at("lib/apk/db/installed", layer),),
    )


def python(name: str, version: str, *, path: str = "", layer: int = 0, owned_by: str = "") -> Package:
    """A Python package."""
    return Package(
        name=name,
        version=version,
        scheme=Scheme.PEP440,
        source=SourcePackage(name, version),
        ecosystem=Ecosystem.PYPI,
        owned_by=owned_by,
        seen_at=(at(path or f"usr/local/lib/python3.11/site-packages/{name}-{version}.dist-info/METADATA", layer),),
    )


def at(path: str, layer: int) -> Location:
    """A place, in a layer when that has a number."""
    return Location(path, diff_id(f"{layer}"), layer) if layer else Location(path)


def diff_id(name: str) -> Digest:
    """A digest that tells itself apart from others by name."""
    return Digest("sha256:" + name.encode().hex().rjust(64, "0"))


def advisory(
    id_: str,
    package: str,
    fixed: str = "",
    *,
    scheme: Scheme = Scheme.DEB,
    aliases: Iterable[str] = (),
    about: About | None = None,
    ranges: tuple[Range, ...] | None = None,
    **more: Any,
) -> Advisory:
    """What a feed says of one package; with ``fixed`` every version below it is affected."""
    given = {"ranges": ranges if ranges is not None else (Range(fixed=fixed),) if fixed else (), **more}
    speaks_of = about or (About.PACKAGE if scheme is Scheme.PEP440 else About.SOURCE)
    return Advisory(id=id_, package=package, scheme=scheme, about=speaks_of, aliases=frozenset(aliases), **given)


def inventory(
    *packages: Package,
    target: Target | None = None,
    distribution: Distribution | None = BOOKWORM,
    running_kernel: str = "",
    layers: Sequence[Layer] = (),
    image: ImageFacts | None = None,
    container: ContainerFacts | None = None,
    gaps: tuple[Gap, ...] = (),
    taken_at: datetime = NOON,
) -> Inventory:
    """What was read of one target; of the image ``docker:a:1`` when none is named."""
    return Inventory(
        target=target or Target(kind=TargetKind.IMAGE, reference="docker:a:1"),
        taken_at=taken_at,
        distribution=distribution,
        packages=packages,
        running_kernel=running_kernel,
        layers=tuple(layers),
        image=image,
        container=container,
        gaps=gaps,
    )


def judge(
    what: Inventory,
    said: Mapping[str, Sequence[Advisory | Gap]],
    *,
    feeds: Sequence[Feed | Gap] | None = None,
    scores: Iterable[Score] = (),
    lifecycles: Iterable[Lifecycle] = (),
    now: datetime = NOON,
) -> Judgement:
    """Judge by what is said of the feeds; by default those are the feeds that are there."""
    known = {feed.id: feed for feed in (DEBIAN_FEED, ALPINE_FEED, PYPI_FEED)}
    present = feeds if feeds is not None else [known[name] for name in said]
    return judge_packages(what, MemoryAdvisories(said, feeds=present, scores=scores, lifecycles=lifecycles), now=now)


def host(name: str = "web-1") -> Target:
    """This machine."""
    return Target(kind=TargetKind.HOST, reference="host", identifiers={"hostname": name})


def image_target(name: str) -> Target:
    """A local image."""
    return Target(kind=TargetKind.IMAGE, reference=f"docker:{name}")


def stack(*names: str) -> tuple[Layer, ...]:
    """Layers from the bottom, each told apart by its name, which is its instruction too."""
    return tuple(Layer(number=number, diff_id=diff_id(name), instruction=name) for number, name in enumerate(names, 1))


def report(judgement: Judgement, **state: Any) -> TargetReport:
    """A judgement as it stands in a report, nothing waived."""
    findings = tuple(Reported(finding=finding) for finding in judgement.findings)
    return TargetReport(
        inventory=judgement.inventory,
        findings=findings,
        gaps=judgement.gaps,
        notes=judgement.notes,
        feeds=judgement.feeds,
        **state,
    )


def triples(judgement: Judgement, questions: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The whole answer to questions of id and subject: affected, not affected, or absent (the subject is not installed)."""
    found = {(finding.rule, finding.subject) for finding in judgement.findings}
    prefix = {package: f"{package.ecosystem.value.lower()}:" if package.ecosystem else "" for package in judgement.inventory.packages}
    present = {prefix[package] + package.source.name.lower().replace("_", "-") for package in judgement.inventory.packages}
    answers = []
    for id_, subject in questions:
        answer = "affected" if (id_, subject) in found else "not affected" if subject in present else "absent"
        answers.append((id_, subject, answer))
    return answers


def only(findings: Sequence[Finding]) -> Finding:
    """The one that there is."""
    assert len(findings) == 1, findings
    return findings[0]


def waiver(**given: Any) -> Waiver:
    """A waiver until the end of 2026."""
    return Waiver(**{"reason": "known", "until": date(2026, 12, 31), **given})
