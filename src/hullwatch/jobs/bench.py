"""The job of ``hullwatch bench``: the Docker daemon against the CIS Docker Benchmark."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from ..assess.benchmark import GAP, open_question
from ..errors import Misuse
from ..model import Finding, FindingKind, Report, TargetReport
from .edges import Edges
from .reporting import conclude, settled
from .scan import ScanParameters, scan

_OBJECTS = ("container", "image")


class BenchParameters(Struct, frozen=True, kw_only=True):
    """What is asked of the benchmark. The filters are docker-bench's ``-c``, ``-e``, ``-i`` and ``-x``."""

    checks: tuple[str, ...] = ()
    """Only these checks: a slug, a number (``2.2``), ``check_2_2``, or the number of a section (``5``)."""
    excluded_checks: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    """Only containers and images whose name matches one of these globs; other objects stay."""
    excluded_objects: tuple[str, ...] = ()
    scan: ScanParameters = ScanParameters()


def bench(parameters: BenchParameters, edges: Edges) -> Report:
    """Judge the daemon and what it runs. Raises as ``scan``, and Misuse for a check that does not exist."""
    wanted = replace(parameters.scan, references=("daemon",), only=frozenset({FindingKind.BENCHMARK}))
    report = scan(wanted, edges)
    known = [each.finding for target in report.targets for each in target.findings]
    for name in parameters.checks + parameters.excluded_checks:
        if not any(_is_named(finding, name) for finding in known):
            raise Misuse(f"no check is called {name!r}", remedy="hullwatch bench shows each check's number and name")
    for glob in parameters.objects:
        if not any(_is_kept(finding.subject, (glob,)) for finding in known):
            edges.progress.warn(f"no running container and no image is called {glob}; names match whole, * stands for anything")
    filtered = settled(replace(report, targets=tuple(_filtered(each, parameters) for each in report.targets)))
    conclude(filtered, edges)
    return filtered


def _filtered(target: TargetReport, parameters: BenchParameters) -> TargetReport:
    """The target with the answers that are wanted, and without the gaps of the others."""
    kept = tuple(each for each in target.findings if _is_wanted(each.finding, parameters))
    asked = {open_question(each.finding) for each in kept}
    others = {open_question(each.finding) for each in target.findings} - asked
    gaps, waived = (tuple(gap for gap in each if gap.kind != GAP or gap.what not in others) for each in (target.gaps, target.waived_gaps))
    return replace(target, findings=kept, gaps=gaps, waived_gaps=waived)


def _is_wanted(finding: Finding, parameters: BenchParameters) -> bool:
    if parameters.checks and not any(_is_named(finding, name) for name in parameters.checks):
        return False
    if any(_is_named(finding, name) for name in parameters.excluded_checks):
        return False
    if finding.subject.partition(":")[0] not in _OBJECTS:
        return True
    if parameters.objects and not _is_kept(finding.subject, parameters.objects):
        return False
    return not _is_kept(finding.subject, parameters.excluded_objects)


def _is_kept(subject: str, globs: Iterable[str]) -> bool:
    """Whether this is a container or image whose name matches."""
    kind, _, name = subject.partition(":")
    return kind in _OBJECTS and any(fnmatchcase(name, glob) for glob in globs)


def _is_named(finding: Finding, name: str) -> bool:
    """Whether a user's name for checks means this finding's: by slug, by number, by docker-bench's function, by section."""
    number = name.removeprefix("check_").replace("_", ".")
    return name == finding.rule or any(known == number or known.startswith(f"{number}.") for known in finding.numbers.values())
