"""What the user named → a target.

``host``, ``daemon``, ``container:NAME``, ``docker:REF``, ``archive:PATH``, ``dir:PATH`` and ``ssh://HOST`` say what they are. Of the
rest, what begins with ``/``, ``.`` or ``~`` and what ends in ``.tar`` is a path; what holds a ``/`` is one if something lies there; all
else is an image that the local engine has. A directory is ``dir:``, anything else at a path ``archive:``. A word without ``/`` is never
taken for a path.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from ..errors import Denied, Misuse, NotFound
from ..model import Target, TargetKind
from .ssh.address import SCHEME, parse_address

_LATER = ("oci", "podman", "registry", "sbom")
"""Words that name kinds of targets elsewhere; taken as an image's name they would mislead."""
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_ID = re.compile(r"[0-9a-f]{12,64}")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:[0-9])|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_IMAGE = re.compile(
    rf"(?P<name>(?:{_REGISTRY}/)?{_COMPONENT}(?:/{_COMPONENT})*)(?P<tag>:[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?P<digest>@sha256:[0-9a-f]{{64}})?"
)
"""As https://github.com/distribution/reference has it, in Docker's short form too."""
_NAME_LIMIT = 255


def parse_reference(text: str) -> Target:
    """The target that ``text`` names, its reference in full. Raises Misuse (cannot be understood), NotFound (no such path), Denied."""
    kind, colon, rest = text.partition(":")
    if colon and kind in _KINDS:
        return _KINDS[kind](rest)
    if text in ("host", "daemon"):
        return Target(kind=TargetKind(text), reference=text)
    if text.startswith(SCHEME):
        return Target(kind=TargetKind.HOST, reference=parse_address(text).reference)
    if is_group(text):
        raise Misuse(f"{text} is a group of hosts, and one target is asked for", remedy="hullwatch scan takes groups")
    if "://" in text or (colon and kind in (*_LATER, "host", "daemon")):
        raise _unknown(text, kind if colon else "")
    if text.startswith(("/", ".", "~")) or text.endswith(".tar"):
        return _at_path(text)
    if "/" in text and _lies_there(Path(text)):
        return _at_path(text)
    return _image(text)


def is_group(text: str) -> bool:
    """Whether ``text`` names hosts of an Ansible inventory (``@web``) rather than one target."""
    return text.startswith("@")


def image_reference(name: str) -> str:
    """An image's name as it is shown and told apart: ``docker:alpine:latest`` for ``docker.io/library/alpine``. Raises Misuse."""
    if re.fullmatch(rf"(sha256:)?{_ID.pattern}", name):
        return f"docker:{name}"
    match = _IMAGE.fullmatch(name)
    if match is None or len(match["name"]) > _NAME_LIMIT:
        raise Misuse(f"{name!r} is no image reference", remedy="write NAME[:TAG], NAME@sha256:DIGEST or an image id; NAME in lower case")
    short = re.sub(r"^(?:index\.)?docker\.io/(?:library/)?|^library/", "", match["name"])
    tag = match["tag"] or ("" if match["digest"] else ":latest")
    return f"docker:{short}{tag}{match['digest'] or ''}"


def _image(text: str) -> Target:
    return Target(kind=TargetKind.IMAGE, reference=image_reference(text))


def _container(name: str) -> Target:
    if not _CONTAINER.fullmatch(name):
        raise Misuse(f"{name!r} is no name or id of a container", remedy="see docker ps")
    return Target(kind=TargetKind.CONTAINER, reference=f"container:{name}")


def _archive(text: str) -> Target:
    path = _existing(text)
    if path.is_dir():
        raise Misuse(f"{path} is a directory, no archive", remedy=f"for a root file system say dir:{text}")
    return Target(kind=TargetKind.IMAGE, reference=f"archive:{path}")


def _directory(text: str) -> Target:
    path = _existing(text)
    if not path.is_dir():
        raise Misuse(f"{path} is no directory", remedy=f"for an image that docker save wrote say archive:{text}")
    return Target(kind=TargetKind.DIRECTORY, reference=f"dir:{path}")


def _at_path(text: str) -> Target:
    return _directory(text) if _existing(text).is_dir() else _archive(text)


def _existing(text: str) -> Path:
    """The absolute path; its links stay as they are, for it is the target's identity."""
    if not text or "\0" in text:
        raise Misuse("a path is missing", remedy="write archive:PATH or dir:PATH")
    path = Path(os.path.expanduser(text))  # noqa: PTH111  # unlike Path's, it lets a user that is unknown stand
    if not _lies_there(path):
        raise NotFound(f"there is no {path}", remedy=f"for an image of that name say docker:{text}" if _IMAGE.fullmatch(text) else "")
    return path.resolve() if ".." in path.parts else Path.cwd() / path


def _lies_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError as error:
        raise Denied(f"{path} lies behind a directory that is closed to this user", remedy="run with sudo") from error
    except OSError:  # for example a name that is too long
        return False


_KINDS: dict[str, Callable[[str], Target]] = {"container": _container, "docker": _image, "archive": _archive, "dir": _directory}


def _unknown(text: str, kind: str) -> Misuse:
    named = ", ".join(("host", "daemon", *(f"{known}:…" for known in _KINDS), "ssh://…", "@GROUP"))
    otherwise = f"; for the image of that name say docker:{text}" if kind and _IMAGE.fullmatch(text) else ""
    return Misuse(
        f"{text!r} names no kind of target that we can look at", remedy=f"there are: {named}, image references and paths{otherwise}"
    )
