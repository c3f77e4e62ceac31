"""Which advisories speak of an installed version. No answer is ever "not affected" for want of a comparison: that is a gap."""

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from ...errors import UnorderableVersion
from ...model import Advisory, Gap, Package, Range, Scheme, Status
from ...versions.order import key, within
from .installed import Installed, places

EVERY_VERSION = Range()
_OPEN = (Status.UNFIXED, Status.WILL_NOT_FIX, Status.UNDER_INVESTIGATION, Status.NOT_AFFECTED)
"""Said without any version, these mean all of them."""
_ANY_ARCHITECTURE = ("all", "noarch")
_MAJOR = re.compile(r"\d+")


class Match(Struct, frozen=True):
    """An advisory speaks of an installed version, and here is the comparison. Of ``NOT_AFFECTED`` advisories too."""

    advisory: Advisory
    installed: Installed
    affected: Range | None
    """The range that holds; None when the version is listed one by one."""
    packages: tuple[Package, ...]
    """Those that the advisory's qualifiers leave."""


def affecting(installed: Installed, advisories: Iterable[Advisory]) -> Iterator[Match | Gap]:
    """Yield a match for each advisory that speaks of this version; one gap each where none can be.

    When it is the installed version that has no place in its order, all advisories that need the order are one gap.
    """
    unordered = _reason(installed.version, installed.scheme)
    skipped: list[str] = []
    for advisory in advisories:
        if advisory.status is Status.WITHDRAWN:
            continue
        try:
            speaks, affected = speaks_of(installed.version, installed.scheme, advisory)
        except UnorderableVersion as error:
            if unordered:
                skipped.append(advisory.id)
            else:
                yield _gap("version-order", advisory.id, installed, error.what)
            continue
        if speaks:
            yield from _qualified(installed, advisory, affected)
    if skipped:
        more = f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
        yield _gap("version-order", f"{skipped[0]}{more}", installed, unordered)


def speaks_of(version: str, scheme: Scheme, advisory: Advisory) -> tuple[bool, Range | None]:
    """Whether the advisory's versions hold ``version``, and by which range (None: it is listed). Qualifiers are not looked at.

    Raises UnorderableVersion only when no range that can be compared holds, and one cannot be compared. An advisory that says
    "fixed" and names no version cannot be compared either.
    """
    if advisory.scheme is not scheme:
        raise UnorderableVersion(f"the advisory orders versions as {advisory.scheme}, the package as {scheme}")
    if not advisory.ranges and not advisory.versions:
        if advisory.status in _OPEN:
            return True, EVERY_VERSION
        raise UnorderableVersion("the advisory names no version")
    failure: UnorderableVersion | None = None
    for affected in advisory.ranges:
        try:
            if affected == EVERY_VERSION or within(version, affected, scheme):
                return True, affected
        except UnorderableVersion as error:
            failure = error
    if advisory.versions and _is_listed(version, advisory.versions, scheme):
        return True, None
    if failure:
        raise failure
    return False, None


def _is_listed(version: str, versions: tuple[str, ...], scheme: Scheme) -> bool:
    """Whether ``version`` is one of these; PEP 440 spells one version in several ways."""
    if version in versions:
        return True
    major = _MAJOR.search(version)
    if scheme is not Scheme.PEP440 or major is None or _reason(version, scheme):
        return False
    candidates = (each for each in versions if (found := _MAJOR.search(each)) and found[0] == major[0])
    return any(not _reason(each, scheme) and key(each, scheme) == key(version, scheme) for each in candidates)


def _qualified(installed: Installed, advisory: Advisory, affected: Range | None) -> Iterator[Match | Gap]:
    """The match, for the packages that the qualifiers leave; a gap when that cannot be known of any."""
    if not advisory.qualifiers:
        yield Match(advisory, installed, affected, installed.packages)
        return
    concerned: list[Package] = []
    unknown: set[str] = set()
    for package in installed.packages:
        answers = {name: _holds(name, package, values) for name, values in advisory.qualifiers.items()}
        if all(answers.values()):
            concerned.append(package)
        elif False not in answers.values():
            unknown.update(name for name, answer in answers.items() if answer is None)
    if concerned:
        yield Match(advisory, installed, affected, tuple(concerned))
    elif unknown:
        why = f"it depends on {', '.join(sorted(unknown))}, which is not known of the package"
        yield _gap("qualifier", advisory.id, installed, why)


def may_concern(packages: Iterable[Package], advisory: Advisory) -> bool:
    """Whether an advisory's qualifiers leave any of these packages, as far as can be known."""
    conditions = advisory.qualifiers.items()
    return any(all(_holds(name, package, values) is not False for name, values in conditions) for package in packages)


def _holds(name: str, package: Package, values: tuple[str, ...]) -> bool | None:
    """Whether a package meets a qualifier; None when that cannot be known."""
    condition = _QUALIFIERS.get(name)
    return condition(package, values) if condition else None


def _of_architecture(package: Package, values: tuple[str, ...]) -> bool | None:
    if not package.architecture:
        return None
    return package.architecture in values or package.architecture in _ANY_ARCHITECTURE


def _of_module(package: Package, values: tuple[str, ...]) -> bool:
    return package.module in values


def _from_repository(package: Package, values: tuple[str, ...]) -> bool | None:
    return package.repository in values if package.repository else None


def _built_into(package: Package, values: tuple[str, ...]) -> bool:
    return not any(fnmatchcase(package.name, pattern) for pattern in values)


_QUALIFIERS: dict[str, Callable[[Package, tuple[str, ...]], bool | None]] = {
    "architecture": _of_architecture,
    "module": _of_module,
    "repository": _from_repository,
    "not_built_into": _built_into,
}


def _reason(version: str, scheme: Scheme) -> str:
    """Why a version has no place in its order; empty when it has one."""
    try:
        key(version, scheme)
    except UnorderableVersion as error:
        return error.what
    return ""


def _gap(kind: str, ids: str, installed: Installed, why: str) -> Gap:
    seen_at = places(installed.packages)
    return Gap(kind=kind, what=f"{ids} on {installed.name}", why=why, seen_at=seen_at[0] if seen_at else None)
