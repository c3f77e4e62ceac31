"""A baseline is facts, kept: which files changed between two readings of the same paths."""

from collections.abc import Iterable, Iterator
from stat import S_ISGID, S_ISUID, S_IWOTH

from ..model import Change, FileKind, FileState, Finding, FindingKind, Severity, Target, finding_id


def compare_files(before: Iterable[FileState], now: Iterable[FileState], *, times: bool = False) -> Iterator[Change]:
    """Yield each path that was added, removed or changed, in path order.

    Content, mode, owner, kind and link target count; a new modification time alone does only with ``times``. Content is compared by digest
    where both readings have one, else by size. Of one path in one reading the last state counts.
    """
    earlier = {state.path: state for state in before}
    changes: list[Change] = []
    seen: dict[str, FileState] = {state.path: state for state in now}
    for path, state in seen.items():
        old = earlier.pop(path, None)
        if old is None or differences(old, state, times=times):
            changes.append(Change(path=path, before=old, after=state))
    changes += (Change(path=path, before=state) for path, state in earlier.items())
    yield from sorted(changes, key=lambda change: change.path)


def differences(before: FileState, after: FileState, *, times: bool = False) -> tuple[str, ...]:
    """In what two states of one path differ: ``kind``, ``content``, ``mode``, ``owner``, ``link``, ``time``."""
    if before == after:
        return ()
    if before.kind is not after.kind:
        return ("kind",)
    found = {
        "content": after.kind is FileKind.FILE and _content_differs(before, after),
        "mode": before.mode != after.mode and after.kind is not FileKind.LINK,
        "owner": (before.uid, before.gid) != (after.uid, after.gid),
        "link": before.link_target != after.link_target,
        "time": times and before.modified_at_ns != after.modified_at_ns,
    }
    return tuple(name for name, differs in found.items() if differs)


def findings_of(changes: Iterable[Change], target: Target | str) -> Iterator[Finding]:
    """Yield one finding for each change, in their order. A file that lends its owner's rights, or that everyone may write, is high."""
    reference = target if isinstance(target, str) else target.reference
    for change in changes:
        rule, title = _named(change)
        yield Finding(
            id=finding_id(FindingKind.INTEGRITY, rule, reference, change.path),
            kind=FindingKind.INTEGRITY,
            rule=rule,
            target=reference,
            subject=change.path,
            severity=_severity(change),
            title=title,
            evidence=(change,),
            remedy="find out who did it and why; take a new baseline when it was meant",
        )


def _content_differs(before: FileState, after: FileState) -> bool:
    if before.sha256 and after.sha256:
        return before.sha256 != after.sha256
    return before.size_bytes != after.size_bytes


def _named(change: Change) -> tuple[str, str]:
    if change.before is None:
        return "file-added", f"{change.after.kind if change.after else 'file'} added"
    if change.after is None:
        return "file-removed", f"{change.before.kind} removed"
    names = differences(change.before, change.after, times=True)
    return "file-changed", f"{', '.join(names)} changed"


def _severity(change: Change) -> Severity:
    """High where rights grow, low for a time alone, else medium."""
    if change.after is None:
        return Severity.MEDIUM
    if change.before and differences(change.before, change.after, times=True) == ("time",):
        return Severity.LOW
    gained = change.after.mode & ~(change.before.mode if change.before else 0)
    risky = gained & (S_ISUID | S_ISGID if change.after.kind is FileKind.FILE else 0) or (gained & S_IWOTH and _is_plain(change.after))
    return Severity.HIGH if risky else Severity.MEDIUM


def _is_plain(state: FileState) -> bool:
    """Whether everyone may change what everyone may write: not so of links, nor where the sticky bit guards a directory."""
    return state.kind in (FileKind.FILE, FileKind.DIRECTORY) and not state.mode & 0o1000
