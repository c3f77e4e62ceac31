"""The job of ``hullwatch bench``: the Docker daemon against the CIS Docker Benchmark."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from ..errors import Misuse
from ..model import Finding, FindingKind, Report, Reported
from .edges import Edges
from .reporting import settled
from .scan import ScanParameters, scan


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
    """Judge the daemon and what it runs. Raises as ``scan``, and Misuse when ``checks`` names nothing that exists."""
    wanted = replace(parameters.scan, references=("daemon",), only=frozenset({FindingKind.BENCHMARK}))
    report = scan(wanted, edges)
    known = [each.finding for target in report.targets for each in target.findings]
    for name in parameters.checks + parameters.excluded_checks:
        if not any(_is_named(finding, name) for finding in known):
            raise Misuse(f"no check is called {name!r}", remedy="hullwatch bench shows each check's number and name")
    return settled(replace(report, targets=tuple(replace(each, findings=_filtered(each.findings, parameters)) for each in report.targets)))


def _filtered(findings: Iterable[Reported], parameters: BenchParameters) -> tuple[Reported, ...]:
    return tuple(each for each in findings if _is_wanted(each.finding, parameters))


def _is_wanted(finding: Finding, parameters: BenchParameters) -> bool:
    if parameters.checks and not any(_is_named(finding, name) for name in parameters.checks):
        return False
    if any(_is_named(finding, name) for name in parameters.excluded_checks):
        return False
    kind, _, name = finding.subject.partition(":")
    if kind not in ("container", "image"):
        return True
    if parameters.objects and not any(fnmatchcase(name, glob) for glob in parameters.objects):
        return False
    return not any(fnmatchcase(name, glob) for glob in parameters.excluded_objects)


def _is_named(finding: Finding, name: str) -> bool:
    """Whether a user's name for checks means this finding's: by slug, by number, by docker-bench's function, by section."""
    number = name.removeprefix("check_").replace("_", ".")
    return name == finding.rule or any(known == number or known.startswith(f"{number}.") for known in finding.numbers.values())
