"""Reports that hypothesis makes: any counts, any text, mends that share out what can be mended."""

from collections.abc import Sequence

from hypothesis import strategies as st
from msgspec.structs import replace

from hullwatch.model import (
    FindingKind,
    Gap,
    Inventory,
    Location,
    Mend,
    Note,
    Report,
    Reported,
    Severity,
    Status,
    Target,
    TargetKind,
    TargetReport,
    Unfinished,
    Verdict,
    finding_id,
)

from .builders import ALPINE_FEED, DEBIAN_FEED, KEV_FEED, MADE_AT, PYPI_FEED, check, flaw, image, package, waiver
from .samples import NGINX_LAYERS

HOSTILE = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["\x1b[2J", "\u202ecod.exe", "a\tb\nc", "\udcff", "漢字" * 30, "x" * 300, ""]
)
"""Any text at all, and some that is meant to harm; a lone surrogate is a byte of a name that is no UTF-8."""
PLAIN = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12)


def findings(text: st.SearchStrategy[str]) -> st.SearchStrategy[Reported]:
    """A vulnerability or an answer of a check, in any state."""

    @st.composite
    def one(draw: st.DrawFn) -> Reported:
        target = Target(kind=TargetKind.HOST, reference="host")
        known = draw(st.sampled_from(["CVE-2023-4911", "CVE-2024-1", "CVE-2024-2", "CVE-2024-3"]) | text)
        subject = draw(st.sampled_from(["zlib", "openssl"]) | text)
        if draw(st.booleans()):
            finding = check(
                known,
                draw(st.sampled_from(["2.2", "4.1"])),
                subject,
                verdict=draw(st.sampled_from(Verdict)),
                title=draw(text),
                remedy=draw(text),
            )
        else:
            finding = flaw(
                target,
                known,
                subject,
                draw(st.sampled_from(Severity)),
                fixed_in=draw(st.sampled_from(["", "2.0"]) | text),
                installed=draw(text),
                layer=draw(st.integers(0, 3)),
                status=draw(st.sampled_from(Status)),
                title=draw(text),
            )
        covering = draw(st.none() | st.builds(lambda reason: replace(waiver(), reason=reason), text))
        return Reported(finding=finding, new=draw(st.booleans()), waived_by=covering, first_seen=draw(st.none() | st.just(MADE_AT)))

    return one()


def targets(text: st.SearchStrategy[str]) -> st.SearchStrategy[TargetReport]:
    """An image, a host, a container or a daemon."""

    @st.composite
    def one(draw: st.DrawFn) -> TargetReport:
        found = draw(
            st.lists(findings(text), max_size=8, unique_by=lambda each: (each.finding.kind, each.finding.rule, each.finding.subject))
        )
        kind = draw(st.sampled_from(TargetKind))
        if kind is TargetKind.IMAGE:
            drawn = image(f"docker:{draw(text)}", NGINX_LAYERS, found, number=draw(st.integers(0, 4)), layers=(1, 2))
            return _with_state(draw, drawn, text)
        held = tuple(package(draw(text)) for _ in range(draw(st.integers(0, 2))))
        target = Target(kind=kind, reference=draw(text), identifiers={"hostname": draw(text)})
        relation = draw(st.sampled_from(["", "= nginx:1.25", "= nginx:1.25, +1 pkg"])) if kind is TargetKind.CONTAINER else ""
        inventory = Inventory(target=target, taken_at=MADE_AT, packages=held)
        return _with_state(draw, TargetReport(inventory=inventory, findings=tuple(found), relation=relation), text)

    return one()


def _with_state(draw: st.DrawFn, target: TargetReport, text: st.SearchStrategy[str]) -> TargetReport:
    """The target with feeds, gaps, notes and a past."""
    feeds = draw(st.lists(st.sampled_from([DEBIAN_FEED, ALPINE_FEED, PYPI_FEED, KEV_FEED]), unique_by=lambda feed: feed.id))
    gap = st.builds(lambda kind, what, path: Gap(kind=kind, what=what, why=what, seen_at=Location(path)), text, text, text)
    note = st.builds(lambda what: Note(kind="note", what=what), text)
    return replace(
        target,
        feeds=tuple(feeds),
        gaps=tuple(draw(st.lists(gap, max_size=3))),
        notes=tuple(draw(st.lists(note, max_size=2))),
        mended=("a",) * draw(st.integers(0, 2)),
        previous_at=draw(st.none() | st.just(MADE_AT)),
    )


@st.composite
def reports(draw: st.DrawFn, text: st.SearchStrategy[str] = PLAIN) -> Report:
    """A report whose mends share out every finding that can be mended, some of them none."""
    drawn = draw(st.lists(targets(text), max_size=4))
    every = tuple(_own_ids(target, index) for index, target in enumerate(drawn))
    unfinished = tuple(Unfinished(reference=name, gap=Gap(kind="denied", what=name, why=name)) for name in draw(st.lists(text, max_size=2)))
    return Report(
        made_at=MADE_AT,
        machine=draw(text),
        version="0.1.0",
        targets=every,
        unfinished=unfinished,
        mends=_mends(draw, every, text),
        exit_status=draw(st.integers(0, 3)),
        whole_machine=draw(st.booleans()),
        failed=draw(st.booleans()),
        unused_waivers=(waiver(),),
        ending_waivers=(waiver(),),
        settings_files=(draw(text),),
    )


def _own_ids(target: TargetReport, index: int) -> TargetReport:
    """The target with findings of its own: an id names the target too."""
    found = tuple(
        replace(each, finding=replace(each.finding, id=finding_id(each.finding.kind, each.finding.rule, str(index), each.finding.subject)))
        for each in target.findings
    )
    return replace(target, findings=found)


def _mends(draw: st.DrawFn, every: Sequence[TargetReport], text: st.SearchStrategy[str]) -> tuple[Mend, ...]:
    mendable = [
        each.finding.id
        for target in every
        for each in target.findings
        if each.finding.kind is FindingKind.VULNERABILITY
        and each.finding.verdict is Verdict.FAIL
        and each.finding.fixed_in
        and not each.waived_by
    ]
    shared = [draw(st.integers(0, 2)) for _ in mendable]
    return tuple(
        Mend(
            what=draw(text),
            targets=(draw(text),),
            findings=tuple(id_ for id_, share in zip(mendable, shared, strict=True) if share == number),
            details=(draw(text),),
            commands=(draw(text),),
            sure=draw(st.booleans()),
            running=draw(st.none() | st.booleans()),
            worst=draw(st.sampled_from(Severity)),
        )
        for number in range(3)
    )
