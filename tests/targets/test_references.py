"""What the user named becomes a target, or an error that helps."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError, Misuse, NotFound
from hullwatch.model import Target, TargetKind
from hullwatch.targets.references import is_group, parse_reference

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "kind", "reference"),
    [
        ("host", TargetKind.HOST, "host"),
        ("daemon", TargetKind.DAEMON, "daemon"),
        ("container:web_1", TargetKind.CONTAINER, "container:web_1"),
        ("alpine", TargetKind.IMAGE, "docker:alpine:latest"),
        ("alpine:3.19", TargetKind.IMAGE, "docker:alpine:3.19"),
        ("docker:alpine:3.19", TargetKind.IMAGE, "docker:alpine:3.19"),
        ("docker.io/library/alpine", TargetKind.IMAGE, "docker:alpine:latest"),
        ("docker.io/shop/api:2.4", TargetKind.IMAGE, "docker:shop/api:2.4"),
        ("registry.example:5000/shop/api", TargetKind.IMAGE, "docker:registry.example:5000/shop/api:latest"),
        ("localhost:5000/api:1", TargetKind.IMAGE, "docker:localhost:5000/api:1"),
        (f"shop/api@{DIGEST}", TargetKind.IMAGE, f"docker:shop/api@{DIGEST}"),
        (f"shop/api:2@{DIGEST}", TargetKind.IMAGE, f"docker:shop/api:2@{DIGEST}"),
        (f"docker:{DIGEST}", TargetKind.IMAGE, f"docker:{DIGEST}"),
        (DIGEST, TargetKind.IMAGE, f"docker:{DIGEST}"),
        ("dbcc7a9b87fc", TargetKind.IMAGE, "docker:dbcc7a9b87fc"),
        ("registry", TargetKind.IMAGE, "docker:registry:latest"),
        ("docker:registry:2", TargetKind.IMAGE, "docker:registry:2"),
        ("ssh://web-1", TargetKind.HOST, "ssh://web-1"),
        ("ssh://Root@Web-1:2222/", TargetKind.HOST, "ssh://Root@web-1:2222"),
        ("ssh://[2001:DB8::5]", TargetKind.HOST, "ssh://[2001:db8::5]"),
    ],
)
def test_named_in_full(text: str, kind: TargetKind, reference: str) -> None:
    """Every spelling of a target leads to the one reference that is its identity."""
    assert parse_reference(text) == Target(kind=kind, reference=reference)


@pytest.mark.parametrize("text", ["registry:2", "oci:/srv/layout", "podman:alpine", "sbom:a.json", "http://web-1", "host:1"])
def test_kinds_that_are_not_there(text: str) -> None:
    """A kind that we do not know is refused, saying which there are; it is never looked up as an image of that name."""
    with pytest.raises(Misuse, match=r"there are: host, daemon, container:…, docker:…, archive:…, dir:…"):
        parse_reference(text)


def test_a_group_is_not_one_target() -> None:
    """It is expanded before, where several targets are welcome."""
    assert is_group("@web")
    with pytest.raises(Misuse, match="scan takes groups"):
        parse_reference("@web")


def test_image_called_like_a_kind() -> None:
    """Who means the image is told how to say so."""
    with pytest.raises(Misuse, match="say docker:registry:2"):
        parse_reference("registry:2")


@pytest.mark.parametrize(
    "text", ["", "Alpine", "alpine:", "a b", "alpine:3\n", "container:", "container:../x", "docker:", "archive:", "a" * 300]
)
def test_nonsense(text: str) -> None:
    """What names nothing is misuse."""
    with pytest.raises(Misuse):
        parse_reference(text)


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare path is recognised by what lies there, and becomes absolute."""
    (tmp_path / "root").mkdir()
    (tmp_path / "image.tar").touch()
    (tmp_path / "root/image").touch()
    monkeypatch.chdir(tmp_path)
    assert parse_reference("./root") == Target(kind=TargetKind.DIRECTORY, reference=f"dir:{tmp_path}/root")
    assert parse_reference("dir:root") == Target(kind=TargetKind.DIRECTORY, reference=f"dir:{tmp_path}/root")
    assert parse_reference("image.tar") == Target(kind=TargetKind.IMAGE, reference=f"archive:{tmp_path}/image.tar")
    assert parse_reference("root/image").reference == f"archive:{tmp_path}/root/image"
    assert parse_reference("root/../image.tar").reference == f"archive:{tmp_path}/image.tar"
    assert parse_reference(str(tmp_path)).reference == f"dir:{tmp_path}"


def test_word_that_is_also_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that happens to be called like an image does not hide it."""
    (tmp_path / "nginx").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_reference("nginx").reference == "docker:nginx:latest"


def test_paths_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with nothing at it is not found; where it could be an image's name too, the way to say so is told."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match=r"say docker:image\.tar"):
        parse_reference("image.tar")
    for text in ("/nowhere", "dir:nowhere", "archive:" + "n" * 5000, "~nobody-has-this-name/x"):
        with pytest.raises(NotFound):
            parse_reference(text)


def test_wrong_kind_of_path(tmp_path: Path) -> None:
    """A directory is no archive and a file no root file system."""
    (tmp_path / "file").touch()
    with pytest.raises(Misuse, match="say dir:"):
        parse_reference(f"archive:{tmp_path}")
    with pytest.raises(Misuse, match="say archive:"):
        parse_reference(f"dir:{tmp_path}/file")


@given(st.text(max_size=40) | st.from_regex(r"[a-z@./:~]{1,20}", fullmatch=True))
def test_any_text(text: str) -> None:
    """Whatever is typed ends in a target or in one of our errors."""
    with suppress(HullwatchError):
        parse_reference(text)
