"""Changes of files between two readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hullwatch.assess.integrity import compare_files, differences, findings_of
from hullwatch.model import FileKind, FileState, FindingKind, Severity, Target, TargetKind, Verdict

SHADOW = FileState(path="etc/shadow", kind=FileKind.FILE, mode=0o640, uid=0, gid=42, size_bytes=1000, modified_at_ns=5, sha256="a" * 64)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (SHADOW, ()),
        (replace(SHADOW, sha256="b" * 64), ("content",)),
        (replace(SHADOW, sha256="", size_bytes=1001), ("content",)),
        (replace(SHADOW, sha256="", inode=9, changed_at_ns=7), ()),
        (replace(SHADOW, mode=0o644), ("mode",)),
        (replace(SHADOW, uid=1, mode=0o600), ("mode", "owner")),
        (replace(SHADOW, gid=1), ("owner",)),
        (replace(SHADOW, kind=FileKind.LINK, link_target="x"), ("kind",)),
        (replace(SHADOW, modified_at_ns=6), ()),
    ],
)
def test_what_counts(now: FileState, expected: tuple[str, ...]) -> None:
    """Content by digest where both have one, else by size; mode, owner, kind; a time alone does not."""
    assert differences(SHADOW, now) == expected
    assert bool(list(compare_files([SHADOW], [now]))) is bool(expected)


def test_times_when_asked() -> None:
    """A touched file is a change only then."""
    (change,) = compare_files([SHADOW], [replace(SHADOW, modified_at_ns=6)], times=True)
    assert (change.before, change.after) == (SHADOW, replace(SHADOW, modified_at_ns=6))
    assert next(iter(findings_of([change], "host"))).severity is Severity.LOW


def test_links_and_directories() -> None:
    """A link is its target; a directory's size means nothing."""
    link = FileState(path="bin", kind=FileKind.LINK, mode=0o777, uid=0, gid=0, link_target="usr/bin")
    assert differences(link, replace(link, link_target="tmp")) == ("link",)
    directory = FileState(path="etc", kind=FileKind.DIRECTORY, mode=0o755, uid=0, gid=0, size_bytes=4096)
    assert differences(directory, replace(directory, size_bytes=8192)) == ()


def test_added_and_removed_in_path_order() -> None:
    """None is absence."""
    before = [replace(SHADOW, path=path) for path in ("c", "a", "b")]
    now = [replace(SHADOW, path=path) for path in ("d", "b", "0")]
    changes = list(compare_files(before, now))
    assert [(each.path, each.before is None, each.after is None) for each in changes] == [
        ("0", True, False), ("a", False, True), ("c", False, True), ("d", True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "rule", "title", "severity"),
    [
        (None, SHADOW, "file-added", "file added", Severity.MEDIUM),
        (SHADOW, None, "file-removed", "file removed", Severity.MEDIUM),
        (SHADOW, replace(SHADOW, mode=0o4640), "file-changed", "mode changed", Severity.HIGH),
        (SHADOW, replace(SHADOW, mode=0o646), "file-changed", "mode changed", Severity.HIGH),
        (None, replace(SHADOW, mode=0o4755), "file-added", "file added", Severity.HIGH),
        (None, replace(SHADOW, kind=FileKind.DIRECTORY, mode=0o1777), "file-added", "directory added", Severity.MEDIUM),
        (None, replace(SHADOW, kind=FileKind.LINK, mode=0o777), "file-added", "link added", Severity.MEDIUM),
        (replace(SHADOW, mode=0o4755), SHADOW, "file-changed", "mode changed", Severity.MEDIUM),
    ],
)
def test_findings(before: FileState | None, after: FileState | None, rule: str, title: str, severity: Severity) -> None:
    """One a path; high where rights grow."""
    target = Target(kind=TargetKind.HOST, reference="host")
    (change,) = compare_files([before] if before else [], [after] if after else [])
    (finding,) = findings_of([change], target)
    assert (finding.kind, finding.rule, finding.title, finding.severity) == (FindingKind.INTEGRITY, rule, title, severity)
    assert (finding.target, finding.subject, finding.verdict, finding.evidence) == ("host", "etc/shadow", Verdict.FAIL, (change,))


states = st.lists(
    st.builds(
        FileState,
        path=st.sampled_from("abc"),
        kind=st.sampled_from(FileKind),
        mode=st.sampled_from([0o644, 0o4755, 0o666]),
        uid=st.integers(0, 1),
        gid=st.just(0),
        size_bytes=st.integers(0, 1),
        sha256=st.sampled_from(["", "a", "b"]),
    ),
    max_size=5,
)


@given(states, states)
def test_no_change_of_itself_and_one_finding_a_change(before: list[FileState], now: list[FileState]) -> None:
    """A reading equals itself; between two readings each path changes once at most."""
    assert list(compare_files(before, before)) == []
    changes = list(compare_files(before, now))
    assert len({change.path for change in changes}) == len(changes) == len(list(findings_of(changes, "host")))
