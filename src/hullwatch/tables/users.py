"""Local user accounts, one row per line of /etc/passwd (passwd(5)); accounts of directories such as LDAP are not among them."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError
from ..model import Gap
from ..model.reads import paths
from ..ports import MEBIBYTE, File, Files
from .columns import CHOOSES, ELSEWHERE, HIDDEN, SMALL
from .sources import Asked, Namespaces

examples = (
    "select username from users where uid = 0",
    "select username, shell from users where shell not in ('/usr/sbin/nologin', '/sbin/nologin', '/bin/false')",
    "select p.pid, u.username from processes p join users u on u.pid_with_namespace = p.pid and u.uid = p.uid where p.name = 'nginx'",
)
reads = paths("etc/passwd")

_LIMIT = 16 * MEBIBYTE
_MOST = 2**32 - 1
_DIRECTORY = ("+", "-")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order."""

    uid: Annotated[int, "numeric user id"]
    gid: Annotated[int, "numeric id of the primary group"]
    uid_signed: Annotated[int, "uid as a signed number of 32 bits"]
    gid_signed: Annotated[int, "gid as a signed number of 32 bits"]
    username: Annotated[str, "login name"]
    description: Annotated[str, "full name or remark (GECOS)"]
    directory: Annotated[str, "home directory"]
    shell: Annotated[str, "login shell; empty means /bin/sh"]
    uuid: Annotated[str, "always empty on Linux"] = ""
    type: Annotated[str, "kind of account on Windows", ELSEWHERE] = ""
    is_hidden: Annotated[int | None, "whether macOS hides the account", ELSEWHERE, SMALL] = None
    pid_with_namespace: Annotated[int, "a process: its /etc/passwd is read, as it sees it", HIDDEN, CHOOSES, SMALL] = 0
    include_remote: Annotated[int, "1 would ask for accounts of directories; they are a gap", HIDDEN, CHOOSES, SMALL] = 0


def rows(files: Files, namespaces: Namespaces, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row per account, in the file's order. A line that is not an account is a gap, and so is a file that cannot be read."""
    for remote in asked.numbers("include_remote", (0,)):
        if remote:
            yield Gap(kind="remote-accounts", what="accounts of directories such as LDAP", why="only /etc/passwd is read")
        for pid in asked.numbers("pid_with_namespace", (0,)):
            try:
                for file in (namespaces.of_process(pid) if pid else files).open_each(reads):
                    yield from _read(file, pid, remote)
            except HullwatchError as error:
                yield Gap(kind="account-file", what="etc/passwd" + (f" as process {pid} sees it" if pid else ""), why=str(error))


def _read(file: File | Gap, pid: int, remote: int) -> Iterator[Row | Gap]:
    if isinstance(file, Gap):
        yield file
        return
    for number, line in enumerate(map(str.lstrip, file.text(limit=_LIMIT).split("\n")), 1):
        if line and not line.startswith("#"):
            yield _account(line, pid, remote) or Gap(
                kind="account-record", what="user account", why=f"line {number} is not an account: {_why(line)}", seen_at=file.location
            )


def _account(line: str, pid: int, remote: int) -> Row | None:
    """The account of a line, as the C library takes it: fields that lack at its end are empty, the shell is all that is left."""
    match line.split(":", 6):
        case [name, _, uid, gid, *rest] if name[:1] not in _DIRECTORY and _is_id(uid) and _is_id(gid):
            description, directory, shell = (*rest, "", "", "")[:3]
            return Row(
                uid=int(uid),
                gid=int(gid),
                uid_signed=_signed(int(uid)),
                gid_signed=_signed(int(gid)),
                username=name,
                description=description,
                directory=directory,
                shell=shell,
                pid_with_namespace=pid,
                include_remote=remote,
            )
    return None


def _why(line: str) -> str:
    return "it names accounts of a directory (NIS)" if line[:1] in _DIRECTORY else "it lacks a numeric id"


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= _MOST


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
