"""What a host reached over SSH says, parsed: records of ``ssh_script``'s answers."""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from ...config import Limits
from ...errors import Malformed
from ..files import BytesFile, shown
from ..image.layer_facts import Stands
from .answer import Answer
from .errors import last_line

_COMPLAINT = re.compile(r"(?:find|tar): (?P<quote>['‘]?)(?P<path>/.*?)(?(quote)['’]?): (?P<why>[^:]+(?:: .*)?)")
_GONE = ("No such file or directory", "Not a directory", "Too many levels of symbolic links")
_HARMLESS = ("file changed as we read it", "socket ignored", "Removing leading", "removing leading", "File removed before we read it")


class About(Struct):
    """What a host says of itself."""

    system: str = ""
    kernel: str = ""
    hostname: str = ""
    user: str = ""
    machine_id: str = ""
    mountinfo: str = ""
    docker_settings: bytes = b""
    removable: set[str] = field(default_factory=set)
    """Device numbers."""
    may_be_root: bool = False
    refusal: str = ""
    """Why not, in sudo's words."""


class Found(Struct):
    """What a walk found. Paths have no leading slash; surrogates in them are bytes that are no UTF-8."""

    named: dict[str, Stands] = field(default_factory=dict)
    """What stands at the paths that were named, links in their way followed."""
    files: dict[str, int] = field(default_factory=dict)
    """Every file seen: 0, or its size when it is too large to be asked for."""
    links: dict[str, str] = field(default_factory=dict)
    storage: list[str] = field(default_factory=list)
    complaints: list["Complaint"] = field(default_factory=list)


class Complaint(Struct, frozen=True):
    """What a program there could not do."""

    path: str
    why: str

    @property
    def is_denial(self) -> bool:
        """Whether the user may not look there."""
        return self.why.endswith("Permission denied")


class Standing(Struct, frozen=True):
    """What stat(1) says of a path, and a link's target."""

    mode: int
    uid: int
    gid: int
    size_bytes: int
    modified_at_s: int
    changed_at_s: int
    inode: int
    target: str = ""


class Fetched(Struct):
    """One file asked for: its content, or why it could not be read or may not be whole."""

    path: str
    complaint: Complaint | None = None
    data: bytes | None = None
    """None too when there is more than may be held."""
    size_bytes: int = 0
    mode: int = 0
    same_as: str = ""
    """Set for a hard link to a file that came before and is not sent again; nothing else is then said of it."""

    def lend(self, path: str, limits: Limits) -> BytesFile:
        """The file, under the path by which it is asked for."""
        return BytesFile(shown(path), self.data, size_bytes=self.size_bytes, mode=self.mode, kept_bytes=limits.file_bytes)


def tell(told: About, kind: str, answer: Answer) -> None:
    """Note one record of ``ssh_script.about``. Raises Malformed."""
    match kind:
        case "S":
            told.system = answer.text()
        case "K":
            told.kernel = answer.text().strip()
        case "N":
            told.hostname = answer.text().strip()
        case "U":
            told.user = answer.text().strip()
        case "M":
            told.machine_id = answer.text().partition("\n")[0].strip()
        case "I":
            told.mountinfo = answer.field().decode("utf-8", "surrogateescape")
        case "D":
            told.docker_settings = answer.field()
        case "R":
            told.removable.add(answer.text())
        case "A":
            told.may_be_root = True
            answer.field()
        case "X":
            told.refusal = last_line(answer.text()).removeprefix("sudo: ") or "it says not why"
        case _:
            raise Malformed("an answer that makes no sense", remedy="something there prints into it; scan again")


def complaints_of(text: str) -> Iterator[Complaint]:
    """Complaints that something was not read; those of files that are gone by now are none."""
    for line in text.splitlines():
        found = _COMPLAINT.fullmatch(line)
        path, why = (found["path"].lstrip("/"), found["why"]) if found else ("", line.strip())
        if why and not why.endswith(_GONE) and not any(word in line for word in _HARMLESS) and not why.startswith("Exiting with failure"):
            yield Complaint(path, why)


def standing_of(text: str, target: str) -> Standing:
    """The fields that stat(1) was asked for. Raises Malformed."""
    try:
        mode, *numbers = text.split()
        uid, gid, size_bytes, modified_at_s, changed_at_s, inode = map(int, numbers)
        return Standing(int(mode, 16), uid, gid, size_bytes, modified_at_s, changed_at_s, inode, target)
    except ValueError as error:
        raise Malformed("a state that is none", remedy="stat(1) there must know -c") from error


def unhexed(digits: bytes) -> bytes:
    """The bytes that hexadecimal digits stand for. Raises Malformed."""
    try:
        return bytes.fromhex(digits.decode("ascii", "replace"))
    except ValueError as error:
        raise Malformed("digits that are none", remedy="something there prints into the answer; scan again") from error


def size_of(text: str) -> int:
    """A size in bytes; 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
