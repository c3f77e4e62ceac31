"""Reports made by hand: one like the screen that we want to reach (ten targets, 149 findings that can be mended), and small ones."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count

from msgspec.structs import replace

from hullwatch.model import (
    ContainerFacts,
    Daemon,
    Ecosystem,
    Finding,
    FindingKind,
    Gap,
    Inventory,
    Location,
    Mend,
    Note,
    Package,
    Report,
    Reported,
    Scheme,
    Severity,
    SourcePackage,
    Target,
    TargetKind,
    TargetReport,
    Unfinished,
    Verdict,
)

from .builders import (
    ALPINE,
    ALPINE_FEED,
    BEFORE,
    DEBIAN,
    DEBIAN_FEED,
    KEV_FEED,
    MADE_AT,
    PYPI_FEED,
    check,
    diff_id,
    flaws,
    image,
    packages,
    reported,
    waiver,
)

NGINX_LAYERS = (
    "/bin/sh -c #(nop) ADD file:5ad08d7ef3a4c8d1 in / ",
    "/bin/sh -c set -x     && groupadd --system --gid 101 nginx     && adduser --system --disabled-login --ingroup nginx",
    *(
        "COPY docker-entrypoint.sh / # buildkit",
        "COPY 10-listen-on-ipv6.sh /docker-entrypoint.d # buildkit",
        "COPY 15-local.sh /",
        "COPY 20.sh /",
        "COPY 30.sh /",
    ),
)


def nginx() -> TargetReport:
    """nginx:1.25: 14 to mend (1 exploited, 2 critical, 5 high, 3 lower, 4 unrated), 9 without a fix, 3 waived."""
    target = Target(kind=TargetKind.IMAGE, reference="docker:nginx:1.25")
    found = list(flaws(target, fix=14, exploited="CVE-2023-44487", critical=2, high=5, lower=3, unfixed=9, layers=(1, 1, 2, 1, 1)))
    found = [replace(each, severity=Severity.HIGH) if each.rule == "CVE-2023-44487" else each for each in found]
    found[2] = replace(found[2], severity=Severity.CRITICAL)
    report = image("docker:nginx:1.25", NGINX_LAYERS, reported(found, waived=3), number=149, layers=(1, 1, 1, 2, 2))
    return replace(report, running_as=("web",))


def host() -> TargetReport:
    """The machine itself: 23 to mend, 2 of them new, 12 without a fix."""
    target = Target(kind=TargetKind.HOST, reference="host", identifiers={"hostname": "web-1"})
    found = list(flaws(target, fix=23, exploited="CVE-2023-4911", critical=1, high=6, lower=7, unfixed=12))
    inventory = Inventory(target=target, taken_at=MADE_AT, distribution=DEBIAN, packages=packages(412), running_kernel="6.1.0-13-amd64")
    notes = (Note(kind="mount-left-out", what="/var/lib/docker", why="container storage is not walked"),)
    return TargetReport(
        inventory=inventory,
        findings=reported(found, new=2, waived=1),
        feeds=(DEBIAN_FEED, KEV_FEED),
        previous_at=BEFORE,
        mended=tuple(f"{index:016x}" for index in range(17)),
        running=True,
        notes=notes,
    )


def container(name: str, relation: str, *, number: int, fix: int = 0, high: int = 0) -> TargetReport:
    """A running container."""
    target = Target(kind=TargetKind.CONTAINER, reference=f"container:{name}")
    facts = ContainerFacts(
        container_id="c" * 64, name=name, image_id=diff_id(9), image_name="nginx:1.25", state="running", ports=("0.0.0.0:443->443/tcp",)
    )
    inventory = Inventory(target=target, taken_at=MADE_AT, distribution=DEBIAN, packages=packages(number), container=facts)
    found = reported(list(flaws(target, fix=fix, high=high, lower=2))) if fix else ()
    return TargetReport(
        inventory=inventory, findings=found, feeds=(DEBIAN_FEED, KEV_FEED), previous_at=BEFORE, relation=relation, running=True
    )


def failing_checks() -> list[Finding]:
    """Nine checks that fail, one of them twice."""
    return [
        check(
            "docker-socket-mount",
            "5.32",
            "container:worker-1",
            severity=Severity.CRITICAL,
            title="Docker socket mounted in a container",
            remedy="drop it or filter it",
        ),
        check(
            "inter-container-traffic",
            "2.2",
            "daemon",
            severity=Severity.HIGH,
            title="containers on the default bridge reach each other",
            remedy='"icc": false in daemon.json',
        ),
        check(
            "no-new-privileges",
            "2.14",
            "daemon",
            severity=Severity.HIGH,
            title="new privileges allowed by default",
            remedy='"no-new-privileges": true in daemon.json',
        ),
        check("image-user", "4.1", "container:web", severity=Severity.HIGH, title="process runs as root", remedy="USER in the Dockerfile"),
        check(
            "image-user", "4.1", "container:worker-1", severity=Severity.HIGH, title="process runs as root", remedy="USER in the Dockerfile"
        ),
        check("audit-dockerd", "1.1.3", "daemon"),
        check("live-restore", "2.15", "daemon", remedy='"live-restore": true in daemon.json'),
        check("userland-proxy", "2.16", "daemon", remedy='"userland-proxy": false in daemon.json'),
        check("memory-limit", "5.11", "container:web"),
        check("read-only-root", "5.13", "container:web"),
    ]


def daemon() -> TargetReport:
    """132 checks: 71 pass, 9 fail, 3 undetermined, 18 manual, 31 not applicable."""
    target = Target(kind=TargetKind.DAEMON, reference="daemon", identifiers={"engine_version": "20.10.24"})
    found = failing_checks()
    verdicts = [
        (Verdict.PASS, 71, False),
        (Verdict.UNDETERMINED, 3, False),
        (Verdict.UNDETERMINED, 18, True),
        (Verdict.NOT_APPLICABLE, 31, False),
    ]
    numbers = count(1)
    for verdict, many, manual in verdicts:
        for _ in range(many):
            number = next(numbers)
            found.append(check(f"check-{number}", f"9.{number}", "daemon", verdict=verdict, manual=manual))
    why = "audit rules are readable by root only; run with sudo"
    gaps = tuple(Gap(kind="check", what=f"{number} audit-of-{number}", why=why) for number in ("1.1.4", "1.1.7", "1.1.10"))
    inventory = Inventory(target=target, taken_at=MADE_AT, daemon=Daemon(version="20.10.24"))
    return TargetReport(
        inventory=inventory, findings=tuple(Reported(finding=each, first_seen=BEFORE) for each in found), gaps=gaps, previous_at=BEFORE
    )


def _shop(
    reference: str, *, fix: int, critical: int, high: int, lower: int, number: int, gaps: tuple[Gap, ...] = (), waived: int = 0
) -> TargetReport:
    target = Target(kind=TargetKind.IMAGE, reference=reference)
    found = list(flaws(target, fix=fix, exploited="CVE-2023-4911", critical=critical, high=high, lower=lower, unfixed=8, layers=(1, 2, 3)))
    instructions = ("ADD rootfs.tar.xz /", "RUN apt-get update", "RUN pip install -r requirements.txt")
    feeds = (DEBIAN_FEED, PYPI_FEED, KEV_FEED)
    return replace(image(reference, instructions, reported(found, waived=waived), number=number, layers=(1, 2, 3)), gaps=gaps, feeds=feeds)


def _backup() -> TargetReport:
    target = Target(kind=TargetKind.IMAGE, reference="docker:backup:3.9")
    why = "Alpine publishes nothing for 3.9 since 2020-11; later flaws cannot be known"
    found = reported(list(flaws(target, fix=6, critical=1, high=2)))
    report = image(target.reference, ("ADD rootfs.tar.gz /",), found, number=31, layers=(1,), distribution=ALPINE)
    gap = Gap(kind="support-ended", what="flaws of Alpine 3.9", why=why)
    inventory = replace(report.inventory, packages=tuple(replace(each, scheme=Scheme.APK) for each in report.inventory.packages))
    return replace(report, inventory=inventory, feeds=(ALPINE_FEED, KEV_FEED), gaps=(gap,), running=False)


def ten_targets() -> tuple[TargetReport, ...]:
    """The targets of the screen."""
    go = Gap(
        kind="go-binary",
        what="Go binary",
        why="its build info cannot be read yet",
        seen_at=Location("usr/local/bin/migrate", diff_id(9), 9),
    )
    return (
        host(),
        _shop("docker:python:3.11-slim", fix=31, critical=3, high=11, lower=7, number=107),
        _shop("docker:shop/api:2.4", fix=38, critical=4, high=13, lower=7, number=163, gaps=(go,), waived=2),
        _shop("docker:shop/worker:2.4", fix=31, critical=3, high=11, lower=7, number=141),
        nginx(),
        _backup(),
        container("web", "= nginx:1.25", number=149),
        container("api", "older than its tag", number=160, fix=6, high=2),
        container("worker-1", "= worker:2.4, +1 pkg", number=142),
        daemon(),
    )


def _ids(targets: Sequence[TargetReport], *references: str, among: range | None = None) -> tuple[str, ...]:
    found = [
        each.finding.id
        for target in targets
        if target.inventory.target.reference in references
        for each in target.findings
        if each.finding.fixable and each.waived_by is None and each.finding.kind is FindingKind.VULNERABILITY
    ]
    return tuple(found[among.start : among.stop]) if among else tuple(found)


def ten_mends(targets: Sequence[TargetReport]) -> tuple[Mend, ...]:
    """Six mends that share out every finding of ``ten_targets`` which can be mended."""
    api = "docker:shop/api:2.4"
    based = ("docker:python:3.11-slim", "docker:shop/worker:2.4")
    return (
        Mend(
            what="pull python:3.11-slim, rebuild the 2 images on it",
            targets=(*based, api),
            findings=(*_ids(targets, *based), *_ids(targets, api, among=range(31))),
            details=("shop/api:2.4, shop/worker:2.4 share its 5 layers · glibc, openssl +7 · CVE-2023-4911",),
            sure=False,
            worst=Severity.CRITICAL,
            exploited=True,
            running=True,
            commands=("docker pull python:3.11-slim", "docker build -t shop/api:2.4 .", "docker build -t shop/worker:2.4 ."),
        ),
        Mend(
            what="upgrade 9 source packages on the host, then reboot (kernel)",
            targets=("host",),
            findings=_ids(targets, "host"),
            details=("openssl, curl, glibc, linux +5 · CVE-2023-4911",),
            worst=Severity.CRITICAL,
            exploited=True,
            running=True,
            commands=("apt-get update", "apt-get install --only-upgrade libssl3 curl libc6 linux-image-amd64", "reboot"),
        ),
        Mend(
            what="pull nginx:1.25, recreate web (publishes port 443)",
            targets=("docker:nginx:1.25",),
            findings=_ids(targets, "docker:nginx:1.25"),
            details=("nghttp2 1.52.0-1 → 1.52.0-1+deb12u1 · CVE-2023-44487",),
            sure=False,
            worst=Severity.CRITICAL,
            exploited=True,
            running=True,
            commands=("docker pull nginx:1.25",),
        ),
        Mend(
            what="raise 3 Python packages in shop/api:2.4, layer 8 (RUN pip install -r …)",
            targets=(api,),
            findings=_ids(targets, api, among=range(31, 38)),
            details=("jinja2 3.1.2 → 3.1.4 · urllib3 1.26.12 → 1.26.19 · werkzeug 2.2.2 → 3.0.3",),
            worst=Severity.CRITICAL,
            running=True,
        ),
        Mend(
            what="recreate container api: its tag moved to a newer image on 2026-12-23",
            targets=("container:api",),
            findings=_ids(targets, "container:api"),
            worst=Severity.HIGH,
            running=True,
        ),
        Mend(
            what="move backup:3.9 off Alpine 3.9 (no support since 2020-11-01)",
            targets=("docker:backup:3.9",),
            findings=_ids(targets, "docker:backup:3.9"),
            sure=False,
            worst=Severity.CRITICAL,
            running=False,
        ),
    )


def machine_report() -> Report:
    """The screen of ten targets."""
    targets = ten_targets()
    return Report(
        made_at=MADE_AT,
        machine="web-1",
        version="0.1.0",
        targets=targets,
        mends=ten_mends(targets),
        failed=True,
        incomplete=True,
        exit_status=1,
        seconds=3.4,
        whole_machine=True,
    )


def image_report() -> Report:
    """The screen of one image."""
    target = replace(nginx(), previous_at=datetime(2026, 12, 28, 7, 0, tzinfo=UTC))
    mend = Mend(
        what="pull nginx:1.25, recreate web",
        targets=("docker:nginx:1.25",),
        findings=_ids([target], "docker:nginx:1.25"),
        sure=False,
        worst=Severity.CRITICAL,
        exploited=True,
        running=True,
        commands=("docker pull nginx:1.25", "docker compose up -d web"),
        details=(
            "whether that helps cannot be known from here: docker pull nginx:1.25, then scan again",
            "if it does not: FROM nginx:1.25 + RUN apt-get update && apt-get -y upgrade",
        ),
    )
    return Report(
        made_at=MADE_AT,
        machine="web-1",
        version="0.1.0",
        targets=(target,),
        mends=(mend,),
        failed=True,
        exit_status=1,
        seconds=0.2,
        ending_waivers=(waiver(until=date(2027, 1, 10)),),
        unused_waivers=(waiver("CVE-2019-1010022"),),
    )


def clean_report() -> Report:
    """Nothing is wrong: a host and a daemon without a finding."""
    clean_host = replace(host(), findings=(), mended=(), notes=())
    passing = tuple(each for each in daemon().findings if each.finding.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE))
    return Report(
        made_at=MADE_AT,
        machine="web-1",
        version="0.1.0",
        targets=(clean_host, replace(daemon(), findings=passing, gaps=())),
        seconds=1.0,
        whole_machine=True,
    )


def unfinished_report() -> Report:
    """The host is clean, the daemon could not be asked."""
    gap = Gap(
        kind="denied", what="Docker Engine, its images and containers", why="permission denied on /var/run/docker.sock; run with sudo"
    )
    return replace(
        clean_report(),
        targets=clean_report().targets[:1],
        unfinished=(Unfinished(reference="daemon", gap=gap),),
        incomplete=True,
        exit_status=3,
    )


def python_package() -> Package:
    """A wheel, with a licence."""
    where = Location("usr/lib/python3/dist-packages/Jinja2-3.1.2.dist-info/METADATA", diff_id(3), 3)
    return Package(
        name="jinja2",
        version="3.1.2",
        scheme=Scheme.PEP440,
        source=SourcePackage("jinja2", "3.1.2"),
        ecosystem=Ecosystem.PYPI,
        licences=("BSD-3-Clause",),
        seen_at=(where,),
    )
