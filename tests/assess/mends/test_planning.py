"""plan_mends: each finding that something mends has exactly one mend, in the order of reports.md."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hullwatch.assess.difference import beyond_image, relation_to_image
from hullwatch.assess.mends import plan_mends
from hullwatch.model import (
    Advisory,
    ContainerFacts,
    Digest,
    ImageFacts,
    Judgement,
    Layer,
    Lifecycle,
    Package,
    PublishedSeverity,
    Reported,
    Scheme,
    Score,
    Severity,
    Target,
    TargetKind,
    TargetReport,
)

from ...doubles import NOON
from ..builders import ALPINE, advisory, apk, at, deb, host, image_target, inventory, judge, python, report, stack, waiver

BASE = stack("ADD rootfs.tar.xz /", "RUN apt-get install python3")
SAID = {
    "debian/bookworm": [
        advisory("CVE-2023-4911", "glibc", "2.36-9+deb12u3", severities=(PublishedSeverity("x", "high"),)),
        advisory("CVE-2024-5535", "openssl", "3.0.15-1", severities=(PublishedSeverity("x", "critical"),)),
        advisory("CVE-2024-0727", "openssl", "3.0.13-1", severities=(PublishedSeverity("x", "medium"),)),
        advisory("CVE-2023-44487", "nghttp2", "1.52.0-1+deb12u1"),
        advisory("CVE-2024-9999", "linux-signed-amd64", "6.1.160+1"),
    ],
    "osv/PyPI": [
        advisory("PYSEC-1", "jinja2", "3.1.4", scheme=Scheme.PEP440),
        advisory("PYSEC-2", "jinja2", "3.1.3", scheme=Scheme.PEP440),
        advisory("PYSEC-3", "urllib3", "1.26.19", scheme=Scheme.PEP440),
    ],
}
EXPLOITED = [Score(id="CVE-2023-4911", kind="kev"), Score(id="CVE-2023-44487", kind="kev")]
GLIBC, OPENSSL, NGHTTP2 = (
    deb("libc6", "2.36-9", source="glibc", layer=1),
    deb("libssl3", "3.0.11-1", source="openssl", layer=2),
    deb("nghttp2", "1.52.0-1", layer=1),
)


def digest(name: str) -> Digest:
    """An image's id."""
    return Digest("sha256:" + name.encode().hex().rjust(64, "0"))


def image(
    name: str, layers: tuple[Layer, ...], *packages: Package, pulled: bool = False, label: str = "", running: tuple[str, ...] = ()
) -> TargetReport:
    """A local image, judged."""
    facts = ImageFacts(
        image_id=digest(name),
        names=(name,),
        registry_digests=(f"{name.partition(':')[0]}@sha256:{'9' * 64}",) if pulled else (),
        labels={"org.opencontainers.image.base.name": label} if label else {},
    )
    judgement = judge(inventory(*packages, target=image_target(name), layers=layers, image=facts), SAID, scores=EXPLOITED)
    return report(judgement, running=bool(running), running_as=running)


def machine(*packages: Package, kernel: str = "") -> TargetReport:
    """This host, judged."""
    return report(judge(inventory(*packages, target=host(), running_kernel=kernel), SAID, scores=EXPLOITED), running=True)


def container(
    name: str, *packages: Package, of: TargetReport | None = None, moved: bool = False, ports: tuple[str, ...] = ()
) -> TargetReport:
    """A running container, compared with an image where one is given."""
    tag = of.inventory.image.image_id if of and of.inventory.image else None
    facts = ContainerFacts(
        container_id=name,
        name=name,
        image_id=digest("before") if moved or tag is None else tag,
        image_name=of.inventory.target.name if of else "nginx:1.25",
        state="running",
        ports=ports,
        tag_image_id=tag,
    )
    target = Target(kind=TargetKind.CONTAINER, reference=f"container:{name}")
    own = judge(inventory(*packages, target=target, container=facts), SAID, scores=EXPLOITED)
    if of is None:
        return report(own, running=True)
    whole = Judgement(inventory=of.inventory, findings=tuple(each.finding for each in of.findings))
    return report(beyond_image(own, whole), running=True, relation=relation_to_image(own, whole))


def told(*targets: TargetReport) -> list[tuple[str, int]]:
    """Each mend and how many findings it mends, in order."""
    return [(mend.what, len(mend.findings)) for mend in plan_mends(targets)]


def test_nothing_to_do() -> None:
    """No finding, no mend."""
    assert plan_mends([]) == ()
    assert plan_mends([machine(deb("zlib1g", "1"))]) == ()


def test_waived_and_unfixable_findings_have_none() -> None:
    """They are counted elsewhere."""
    judged = machine(OPENSSL)
    waived = replace(judged, findings=tuple(Reported(finding=each.finding, waived_by=waiver(rule="*")) for each in judged.findings))
    unfixable = replace(judged, findings=tuple(Reported(finding=replace(each.finding, fixed_in="")) for each in judged.findings))
    assert plan_mends([waived, unfixable]) == ()


def test_the_host() -> None:
    """One upgrade of all source packages; names of binary packages in the command, most urgent first in the details."""
    (mend,) = plan_mends([machine(OPENSSL, GLIBC, NGHTTP2, deb("openssl", "3.0.11-1"))])
    assert (mend.what, mend.targets, len(mend.findings)) == ("upgrade 3 source packages on the host", ("host",), 4)
    assert (mend.sure, mend.running, mend.exploited, mend.worst) == (True, True, True, Severity.CRITICAL)
    assert mend.commands == ("apt-get update", "apt-get install --only-upgrade libc6 libssl3 nghttp2 openssl")
    assert mend.details == (
        "glibc 2.36-9 → 2.36-9+deb12u3 · nghttp2 1.52.0-1 → 1.52.0-1+deb12u1 · openssl 3.0.11-1 → 3.0.15-1 · CVE-2023-44487, CVE-2023-4911",
    )


def test_hosts_elsewhere() -> None:
    """Each has mends of its own, under its name; commands say where they are meant to be run. All of them run."""
    names = ("web-1", "web-2")
    targets = [Target(kind=TargetKind.HOST, reference=f"ssh://ops@{name}", identifiers={"inventory_name": name}) for name in names]
    mends = plan_mends([machine(OPENSSL), *(report(judge(inventory(OPENSSL, target=target), SAID)) for target in targets)])
    assert [mend.what for mend in mends] == [f"upgrade 1 source package {place}" for place in ("on the host", "on web-1", "on web-2")]
    assert mends[1].commands == ("# as root on ssh://ops@web-1:", "apt-get update", "apt-get install --only-upgrade libssl3")
    assert [mend.running for mend in mends] == [True, True, True]


def kernel(release: str, version: str) -> Package:
    """A kernel as Debian packages it."""
    return deb(f"linux-image-{release}", version, source="linux-signed-amd64", source_version=version)


def test_the_kernel_needs_a_reboot_and_a_package_that_follows_it() -> None:
    """Its release is in its package's name, so apt would offer nothing."""
    (mend,) = plan_mends([machine(OPENSSL, kernel("6.1.0-40-cloud-amd64", "6.1.140+1"), kernel="6.1.0-40-cloud-amd64")])
    assert mend.what == "upgrade 2 source packages on the host, then reboot (kernel)"
    assert mend.commands == (
        "apt-get update", "apt-get install --only-upgrade libssl3", "apt-get install linux-image-cloud-amd64", "reboot",
    )  # fmt: skip


def test_only_a_reboot_is_missing() -> None:
    """The fixed kernel lies there."""
    old, new = kernel("6.1.0-40-amd64", "6.1.140+1"), kernel("6.1.0-47-amd64", "6.1.160+1")
    (mend,) = plan_mends([machine(old, new, kernel="6.1.0-40-amd64")])
    assert (mend.what, mend.commands) == ("reboot the host into the fixed kernel that is installed", ("reboot",))
    (mend,) = plan_mends([machine(old, new, kernel="6.1.0-47-amd64")])
    assert (mend.what, mend.commands) == ("remove the old kernel from the host", ("apt-get remove linux-image-6.1.0-40-amd64",))


def test_python_packages_on_the_host() -> None:
    """Each environment with its own pip, and only what it holds."""
    (mend,) = plan_mends(
        [
            machine(
                python("Jinja2", "3.1.2", path="opt/app/venv/lib/python3.11/site-packages/x"),
                python("jinja2", "3.1.2", path="usr/local/lib/python3.11/dist-packages/x"),
                python("urllib3", "1.26.12", path="opt/app/venv/lib/python3.11/site-packages/x"),
            )
        ]
    )
    assert (mend.what, len(mend.findings)) == ("raise 2 Python packages on the host", 3)
    assert mend.commands == (
        "/opt/app/venv/bin/python3.11 -m pip install -U 'jinja2>=3.1.4' 'urllib3>=1.26.19'",
        "python3 -m pip install -U 'jinja2>=3.1.4'",
    )


def test_a_base_that_several_images_stand_on_is_mended_once() -> None:
    """What lies in shared layers is the base's; what lies above is each image's own."""
    base = image("python:3.11-slim", BASE, GLIBC, OPENSSL, pulled=True)
    api = image(
        "shop/api:2.4",
        (*BASE, *stack("a", "b", "COPY api /", "RUN pip install -r requirements.txt")[2:]),
        GLIBC,
        OPENSSL,
        python("jinja2", "3.1.2", layer=4),
        running=("api",),
    )
    worker = image("shop/worker:2.4", (*BASE, *stack("a", "b", "COPY worker /")[2:]), GLIBC, OPENSSL)
    first, second = plan_mends([base, api, worker])
    assert (first.what, len(first.findings), first.sure) == ("pull python:3.11-slim, rebuild the 2 images on it", 9, False)
    assert first.targets == ("docker:python:3.11-slim", "docker:shop/api:2.4", "docker:shop/worker:2.4")
    assert first.details[0].startswith("shop/api:2.4, shop/worker:2.4 share its 2 layers · glibc 2.36-9")
    assert first.commands == (
        "docker pull python:3.11-slim",
        "# where the Dockerfile of shop/api:2.4 lies:",
        "docker build --pull --no-cache -t shop/api:2.4 .",
        "# where the Dockerfile of shop/worker:2.4 lies:",
        "docker build --pull --no-cache -t shop/worker:2.4 .",
        "# then recreate the containers that run the old image: api",
    )
    assert (first.exploited, first.running) == (True, True)
    assert (second.what, len(second.findings), second.sure) == (
        "raise 1 Python package in shop/api:2.4, layer 4 (RUN pip install -r …)",
        2,
        True,
    )
    assert second.commands[1] == "pip install -U 'jinja2>=3.1.4'"


def test_the_lowest_of_several_bases() -> None:
    """A layer belongs to the first image that has it."""
    layers = stack("one", "two", "three")
    found = told(image("a:1", layers[:1], GLIBC), image("b:1", layers[:2], GLIBC, OPENSSL), image("c:1", layers, GLIBC, OPENSSL))
    assert sorted(found) == [("rebuild a:1, then the 2 images on it", 3), ("rebuild b:1, then c:1", 4)]


def test_the_topmost_layer_of_a_package_counts() -> None:
    """Of a package that two layers brought, in parts, the upper one's mend is it."""
    twice = type(OPENSSL)(
        name="libssl3",
        version="3.0.11-1",
        scheme=Scheme.DEB,
        source=OPENSSL.source,
        seen_at=(at("var/lib/dpkg/status", 1), at("usr/lib/x", 3)),
    )
    layers = stack("one", "two", "three")
    assert told(image("a:1", layers[:2], pulled=True), image("c:1", layers, twice)) == [("rebuild c:1", 2)]


def test_one_pulled_image() -> None:
    """Its containers and their ports are named; alone in a report it says what to do when pulling does not help."""
    nginx = image("nginx:1.25", BASE, NGHTTP2, pulled=True, running=("web",))
    web = container("web", NGHTTP2, of=nginx, ports=("0.0.0.0:443->8443/tcp", "[::]:443->8443/tcp"))
    assert told(nginx, web) == [("pull nginx:1.25, recreate web (publishes port 443)", 1)]
    (alone,) = plan_mends([nginx])
    assert alone.what == "pull nginx:1.25, recreate web"
    assert alone.details == (
        "whether that helps cannot be known from here: docker pull nginx:1.25, then scan again",
        "if it does not: FROM nginx:1.25 + RUN apt-get update && apt-get -y upgrade",
    )


def test_python_packages_of_a_pulled_image_come_with_it() -> None:
    """Nobody here asks for them."""
    assert told(image("app:1", BASE, OPENSSL, python("urllib3", "1.26.12", layer=2), pulled=True)) == [("pull app:1", 3)]


def test_an_image_built_here() -> None:
    """Without a base that is named, the layer and its instruction are."""
    (mend,) = plan_mends([image("shop:1", BASE, OPENSSL), machine()])
    assert (mend.what, mend.sure) == ("rebuild shop:1", False)
    assert mend.details == ("layer 2 (RUN apt-get install …) · openssl 3.0.11-1 → 3.0.15-1",)


def test_a_base_that_only_a_label_names() -> None:
    """Several images name it: what they share is its; one alone is rebuilt on it."""
    one = image(
        "a:1", (*BASE, *stack("1", "2", "x")[2:]), OPENSSL, deb("nghttp2", "1.52.0-1", layer=3), label="docker.io/library/python:3.11"
    )
    two = image("b:1", (*BASE, *stack("1", "2", "y")[2:]), OPENSSL, label="python:3.11")
    assert told(one, two) == [("rebuild a:1", 1), ("pull python:3.11, rebuild the 2 images on it", 4)]
    assert told(one) == [("pull python:3.11, rebuild a:1", 3)]
    assert plan_mends([one, two])[1].details[0].startswith("a:1, b:1 share 2 layers · ")


def test_a_release_without_support_is_left() -> None:
    """With all that stands on it, and since when."""
    ends = [Lifecycle(subject="alpine 3.9", ends=NOON.date() - timedelta(days=1))]
    said = {"alpine/v3.9/main": [advisory("CVE-2019-0001", "musl", "1.1.20-r5", scheme=Scheme.APK)]}
    layers = stack("ADD rootfs", "COPY x")

    def judged(name: str, count: int) -> TargetReport:
        facts = ImageFacts(image_id=digest(name), names=(name,))
        what = inventory(
            apk("musl", "1.1.20-r4", layer=count), target=image_target(name), distribution=ALPINE, layers=layers[:count], image=facts
        )
        return report(judge(what, said, lifecycles=ends), running=False)

    (mend,) = plan_mends([judged("backup:3.9", 1)])
    assert (mend.what, mend.sure, mend.running) == ("move backup:3.9 off Alpine 3.9 (no support since 2026-11-24)", False, False)
    assert told(judged("backup:3.9", 1), judged("on-it:1", 2)) == [
        ("move backup:3.9 and on-it:1 off Alpine 3.9 (no support since 2026-11-24)", 2)
    ]
    waived = judged("backup:3.9", 1)
    assert told(replace(waived, gaps=(), waived_gaps=waived.gaps)) == [("rebuild backup:3.9", 1)]


def test_containers() -> None:
    """Older than its tag; changed by itself; without an image that its name points to."""
    moved = ImageFacts(image_id=digest("shop:1"), names=("shop:1",), tag_moved_at=NOON - timedelta(days=12, hours=3))
    newer = replace(image("shop:1", BASE), inventory=replace(image("shop:1", BASE).inventory, image=moved))
    (mend,) = plan_mends([newer, container("api", OPENSSL, of=newer, moved=True)])
    assert (mend.what, mend.sure) == ("recreate container api: its tag moved to a newer image 12 days ago", True)
    (mend,) = plan_mends([newer, container("api", OPENSSL, of=newer)])
    assert (mend.what, mend.sure) == ("recreate container api: what it changed is not in shop:1", True)
    (mend,) = plan_mends([container("api", OPENSSL)])
    assert (mend.what, mend.sure) == ("recreate container api from a newer nginx:1.25", False)
    assert mend.commands == ("docker pull nginx:1.25", "# recreate container api as it was started")


def test_a_directory() -> None:
    """Commands act on it, not on the machine."""
    target = Target(kind=TargetKind.DIRECTORY, reference="dir:/srv/my root")
    (mend,) = plan_mends([report(judge(inventory(OPENSSL, target=target), SAID))])
    assert mend.what == "upgrade 1 source package in dir:/srv/my root"
    assert mend.commands[1] == "chroot '/srv/my root' apt-get install --only-upgrade libssl3"


def test_hostile_names_reach_no_command() -> None:
    """Neither as options nor as shell code; the finding is mended all the same."""
    bad = deb("--allow-downgrades", "3.0.11-1", source="openssl")
    worse = deb("x; rm -rf ~\n", "3.0.11-1", source="openssl")
    (mend,) = plan_mends([machine(bad, worse, OPENSSL)])
    assert mend.commands == ("apt-get update", "apt-get install --only-upgrade libssl3")
    assert len(mend.findings) == 2


def test_order() -> None:
    """Exploited, running, worst (unrated between high and medium), how many, name."""

    def flaw(name: str, word: str, count: int = 1) -> list[Advisory]:
        severities = (PublishedSeverity("x", word),) if word else ()
        return [advisory(f"CVE-{name}-{number}", name, "2", severities=severities) for number in range(count)]

    said = [
        *flaw("low", "low"),
        *flaw("unrated", ""),
        *flaw("medium", "medium", 3),
        *flaw("high", "high"),
        *flaw("two", "low", 2),
        *flaw("kev", "low"),
    ]

    def judged(name: str, *, running: bool | None) -> TargetReport:
        what = inventory(deb(name.partition("-")[0], "1"), target=image_target(name))
        return report(judge(what, {"debian/bookworm": said}, scores=[Score(id="CVE-kev-0", kind="kev")]), running=running)

    names = [
        ("low", True),
        ("medium", True),
        ("unrated", True),
        ("high", True),
        ("two", True),
        ("low-b", True),
        ("high-idle", False),
        ("high-unknown", None),
        ("kev", False),
    ]
    found = told(*(judged(name, running=running) for name, running in reversed(names)))
    assert [what.removeprefix("rebuild ") for what, _ in found] == [
        "kev", "high", "unrated", "medium", "two", "low", "low-b", "high-unknown", "high-idle",
    ]  # fmt: skip


packages = st.lists(
    st.sampled_from(
        [GLIBC, OPENSSL, NGHTTP2, python("jinja2", "3.1.2", layer=2), python("urllib3", "1.26.12", layer=3), python("jinja2", "3.1.3")]
    ),
    max_size=4,
    unique=True,
)
names = st.sampled_from(["one", "two", "three", "four"])
images = st.builds(
    lambda layers, inside, pulled, label, running: (layers, inside, pulled, label, running),
    st.lists(names, max_size=4).map(lambda each: stack(*each)),
    packages,
    st.booleans(),
    st.sampled_from(["", "python:3.11", "docker.io/library/python:3.11"]),
    st.booleans(),
)


@given(st.lists(images, max_size=5), packages, packages, st.booleans())
def test_each_finding_has_exactly_one_mend(
    several: list[tuple[tuple[Layer, ...], list[Package], bool, str, bool]], on_host: list[Package], inside: list[Package], moved: bool
) -> None:
    """So the column MENDS adds up to the header, whatever lies on whatever."""
    targets = [
        image(f"i{number}:1", layers, *found, pulled=pulled, label=label, running=("c",) if running else ())
        for number, (layers, found, pulled, label, running) in enumerate(several)
    ]
    targets += [machine(*on_host), container("c", *inside, of=targets[0] if targets else None, moved=moved)]
    mends = plan_mends(targets)
    mended = [id_ for mend in mends for id_ in mend.findings]
    wanted = {each.finding.id for target in targets for each in target.findings if each.finding.fixable}
    assert len(mended) == len(set(mended))
    assert set(mended) == wanted
    assert all(mend.what and mend.targets and mend.findings for mend in mends)
    assert plan_mends(targets) == mends
    for mend in mends:
        of_target = {each.finding.id: target for target in targets for each in target.findings}
        assert {of_target[id_].inventory.target.reference for id_ in mend.findings} == set(mend.targets)


def test_an_archive_is_rebuilt() -> None:
    """An image that no engine holds has no name to pull."""
    target = Target(kind=TargetKind.IMAGE, reference="archive:/tmp/a.tar")
    (mend,) = plan_mends([report(judge(inventory(OPENSSL, target=target, layers=BASE), SAID), running=None)])
    assert (mend.what, mend.running) == ("rebuild archive:/tmp/a.tar", None)
