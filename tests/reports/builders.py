"""Pieces that reports are put together from by hand."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hullwatch.model import (
    Comparison,
    Digest,
    Distribution,
    Feed,
    Finding,
    FindingKind,
    ImageFacts,
    Inventory,
    Layer,
    Location,
    Package,
    PublishedSeverity,
    Range,
    Reported,
    Scheme,
    Score,
    Setting,
    Severity,
    SourcePackage,
    Status,
    Target,
    TargetKind,
    TargetReport,
    Verdict,
    Waiver,
    finding_id,
)

MADE_AT = datetime(2027, 1, 4, 9, 12, tzinfo=UTC)
BEFORE = datetime(2027, 1, 3, 9, 0, tzinfo=UTC)
DEBIAN = Distribution(id="debian", release="12", code_name="bookworm", name="Debian GNU/Linux 12 (bookworm)")
ALPINE = Distribution(id="alpine", release="3.9", name="Alpine Linux v3.9")
SOURCES = ("openssl", "curl", "glibc", "linux", "nghttp2", "libxml2", "expat", "tiff", "zlib", "perl", "libxslt", "krb5", "systemd", "pam")
KEV = {"CVE-2023-4911", "CVE-2023-44487"}


def diff_id(number: int) -> Digest:
    """A digest that names a layer."""
    return Digest(f"sha256:{number:064x}")


def feed(id_: str, *, hours: int = 2, knows_unfixed: bool = True) -> Feed:
    """A feed of so many hours ago."""
    return Feed(
        id=id_,
        source=id_.partition("/")[0],
        addresses=(f"https://feeds.example/{id_}",),
        knows_unfixed=knows_unfixed,
        fetched_at=MADE_AT - timedelta(hours=hours),
    )


DEBIAN_FEED, ALPINE_FEED = feed("debian/bookworm"), feed("alpine/v3.9/main", knows_unfixed=False)
PYPI_FEED, KEV_FEED = feed("osv/PyPI", hours=5), feed("kev", hours=30, knows_unfixed=False)


def package(name: str, *, version: str = "1.0-1", layer: int = 0, path: str = "var/lib/dpkg/status") -> Package:
    """A Debian package of a source of the same name."""
    where = Location(path, diff_id(layer) if layer else None, layer)
    return Package(
        name=name, version=version, scheme=Scheme.DEB, source=SourcePackage(name, version), architecture="amd64", seen_at=(where,)
    )


def flaw(
    target: Target,
    rule: str,
    subject: str,
    severity: Severity = Severity.HIGH,
    *,
    installed: str = "1.0-1",
    fixed_in: str = "1.0-1+deb12u1",
    layer: int = 0,
    status: Status | None = None,
    title: str = "",
) -> Finding:
    """A vulnerability with its comparison."""
    name = subject.rpartition(":")[2]
    where = Location("var/lib/dpkg/status", diff_id(layer) if layer else None, layer)
    evidence = Comparison(
        advisory=f"DSA-{rule[4:]}",
        feed="debian/bookworm",
        subject=name,
        installed=installed,
        scheme=Scheme.DEB,
        affected=Range(fixed=fixed_in),
        packages=(name,),
        seen_at=(where,),
    )
    return Finding(
        id=finding_id(FindingKind.VULNERABILITY, rule, target.reference, subject),
        kind=FindingKind.VULNERABILITY,
        rule=rule,
        target=target.reference,
        subject=subject,
        severity=severity,
        title=title,
        published=(PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),) if severity is Severity.CRITICAL else (),
        status=status or (Status.FIXED if fixed_in else Status.UNFIXED),
        installed=installed,
        fixed_in=fixed_in,
        evidence=(evidence,),
        scores=(Score(id=rule, kind="kev", value="yes", since=date(2023, 11, 21)),) if rule in KEV else (),
        remedy=f"upgrade {name} to {fixed_in}" if fixed_in else "",
    )


def flaws(
    target: Target,
    *,
    fix: int,
    exploited: str = "",
    critical: int = 0,
    high: int = 0,
    lower: int = 0,
    unfixed: int = 0,
    layers: Sequence[int] = (0,),
) -> Iterator[Finding]:
    """So many flaws of each severity, spread over sources and layers; the rest of ``fix`` is unrated."""
    ids = count(1)
    severities = [Severity.CRITICAL] * critical + [Severity.HIGH] * high
    severities += [(Severity.MEDIUM, Severity.LOW, Severity.NEGLIGIBLE)[index % 3] for index in range(lower)]
    severities += [Severity.UNRATED] * (fix - len(severities))
    for index, severity in enumerate(severities):
        number = next(ids)
        rule = exploited if exploited and index == 0 else f"CVE-2024-{1000 + number % 60}"
        subject = "nghttp2" if rule == "CVE-2023-44487" else SOURCES[number % 8] if rule not in KEV else "glibc"
        yield flaw(target, rule, subject, severity, layer=layers[index % len(layers)])
    for _ in range(unfixed):
        number = next(ids)
        yield flaw(target, f"CVE-2025-{2000 + number}", SOURCES[8 + number % 6], Severity.MEDIUM, fixed_in="", layer=layers[0])


def waiver(rule: str = "CVE-2023-45853", *, until: date = date(2027, 3, 1)) -> Waiver:
    """A waiver of one rule."""
    return Waiver(reason="minizip is not shipped", until=until, rule=rule, who="ops", origin="waivers.yaml:2")


def reported(findings: Sequence[Finding], *, new: int = 0, waived: int = 0) -> tuple[Reported, ...]:
    """Findings with their state: the first ``new`` ones are new; ``waived`` more are added that a waiver covers."""
    state = [Reported(finding=finding, first_seen=BEFORE, new=index < new) for index, finding in enumerate(findings)]
    target = Target(kind=TargetKind.IMAGE, reference=findings[0].target)
    covered = [flaw(target, f"CVE-2023-4585{3 + index}", "zlib", Severity.CRITICAL, fixed_in="") for index in range(waived)]
    return (*state, *(Reported(finding=finding, first_seen=BEFORE, waived_by=waiver(finding.rule)) for finding in covered))


def packages(number: int, *, layers: Sequence[int] = (0,)) -> tuple[Package, ...]:
    """So many packages, spread over layers."""
    names = [*SOURCES, *(f"lib{index}" for index in range(number))][:number]
    return tuple(package(name, layer=layers[index % len(layers)]) for index, name in enumerate(names))


def image(
    reference: str,
    instructions: Sequence[str],
    found: Sequence[Reported],
    *,
    number: int,
    layers: Sequence[int],
    distribution: Distribution = DEBIAN,
) -> TargetReport:
    """A report of an image."""
    image_id = Digest("sha256:a484819eb602" + f"{len(reference):052x}")
    inventory = Inventory(
        target=Target(kind=TargetKind.IMAGE, reference=reference, identifiers={"image_id": image_id}),
        taken_at=MADE_AT,
        distribution=distribution,
        packages=packages(number, layers=layers),
        layers=tuple(Layer(number=index, diff_id=diff_id(index), instruction=text) for index, text in enumerate(instructions, 1)),
        image=ImageFacts(image_id=image_id, names=(reference.partition(":")[2],)),
    )
    feeds = (DEBIAN_FEED, KEV_FEED)
    return TargetReport(inventory=inventory, findings=tuple(found), feeds=feeds, previous_at=BEFORE, running=True)


def check(
    rule: str,
    number: str,
    subject: str,
    *,
    verdict: Verdict = Verdict.FAIL,
    severity: Severity = Severity.MEDIUM,
    title: str = "",
    remedy: str = "",
    manual: bool = False,
) -> Finding:
    """One answer of one check."""
    return Finding(
        id=finding_id(FindingKind.BENCHMARK, rule, "daemon", subject),
        kind=FindingKind.BENCHMARK,
        rule=rule,
        target="daemon",
        subject=subject,
        verdict=verdict,
        severity=severity,
        title=title or f"check {number} holds",
        remedy=remedy,
        manual=manual,
        numbers={"1.6.0": number},
        evidence=(Setting(where="/etc/docker/daemon.json", found="true", expected="false"),) if verdict is Verdict.FAIL else (),
    )
