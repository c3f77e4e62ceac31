"""Digests."""

import hashlib
from pathlib import Path

import pytest

from hullwatch.errors import Misuse, Unreachable
from hullwatch.ports import File
from hullwatch.tables import hash as table
from hullwatch.targets.paths import HostPaths
from tests.tables.doubles import KnownSources, ask


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A file, a link to it, one that leads nowhere, an empty file and a directory."""
    (tmp_path / "t/d").mkdir(parents=True)
    (tmp_path / "t/f").write_bytes(b"content" * 300_000)
    (tmp_path / "t/.e").write_bytes(b"")
    (tmp_path / "t/l").symlink_to("f")
    (tmp_path / "t/n").symlink_to("nowhere")
    return tmp_path


def test_regular_files_are_digested_and_nothing_else(tree: Path) -> None:
    """Links to them too."""
    data = (tree / "t/f").read_bytes()
    digests = tuple(hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256"))
    answer = ask("select path, directory, md5, sha1, sha256 from hash where path like '/t/%'", KnownSources(paths=HostPaths(tree)))
    assert [row for row in answer.rows if row[0] != "/t/.e"] == [("/t/f", "/t", *digests), ("/t/l", "/t", *digests)]
    assert len(answer.rows) == 3


def test_only_the_digests_that_are_looked_at_are_computed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read where none is."""
    made: list[str] = []
    opened: list[str] = []
    new = hashlib.new

    class Noting(HostPaths):
        def open(self, path: str) -> File | None:  # type: ignore[override]  # any File will do here
            opened.append(path)
            return super().open(path)

    def noting(name: str, **_: object) -> object:
        made.append(name)
        return new(name)

    monkeypatch.setattr(hashlib, "new", noting)
    sources = KnownSources(paths=Noting(tree))
    assert ask("select path from hash where directory = '/t'", sources).rows == (("/t/.e",), ("/t/f",), ("/t/l",))
    assert opened == []
    ask("select sha256 from hash where path = '/t/f'", sources)
    assert (made, opened) == (["sha256"], ["t/f"])


def test_a_digest_is_compared_without_regard_to_case(tree: Path) -> None:
    """As osquery compares it."""
    upper = hashlib.sha256(b"").hexdigest().upper()
    sql = f"select path from hash where directory = '/t' and sha256 = '{upper}'"  # noqa: S608 - a digest of this test
    assert ask(sql, KnownSources(paths=HostPaths(tree))).rows == (("/t/.e",),)


def test_what_cannot_be_read_has_no_digests_and_is_a_gap(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing disk, and a file beyond the limit."""

    class Failing(HostPaths):
        def open(self, path: str) -> File | None:  # type: ignore[override]  # it opens nothing
            raise Unreachable("/t/f: input/output error")

    answer = ask("select path, md5 from hash where path = '/t/f'", KnownSources(paths=Failing(tree)))
    assert answer.rows == (("/t/f", ""),)
    assert [gap.what for gap in answer.gaps] == ["/t/f"]
    monkeypatch.setattr(table, "CONTENT_LIMIT", 10)
    answer = ask("select md5 from hash where path = '/t/f'", KnownSources(paths=HostPaths(tree)))
    assert answer.rows == (("",),)
    assert "larger than 10 bytes" in answer.gaps[0].why


def test_a_statement_has_to_say_where() -> None:
    """There is too much to digest."""
    with pytest.raises(Misuse, match="hash needs path or directory"):
        ask("select * from hash")
