"""Lines of the system's and of the users' crontabs (crontab(5)); timers of systemd and scripts in cron.daily are not among them."""

import re
from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError
from ..model import Gap
from ..model.reads import paths, patterns
from ..ports import MEBIBYTE, File, Files
from .columns import CHOOSES, HIDDEN, SMALL
from .sources import Asked, Namespaces

examples = (
    "select path, command from crontab where event = '@reboot'",
    "select minute, hour, command from crontab where path like '/etc/cron.d/%'",
)
reads = paths("etc/crontab") | patterns("etc/cron.d/*", "var/spool/cron/*", "var/spool/cron/crontabs/*")

_LIMIT = 4 * MEBIBYTE
_SETTING = re.compile(r"[^\s=]+\s*=")
_BLANKS = re.compile(r"[ \t\r\f\v]+")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order. In a system's crontab the first word of ``command`` is the user."""

    event: Annotated[str, "when it runs instead of at a time, such as @reboot or @daily"] = ""
    minute: Annotated[str, "minute"] = ""
    hour: Annotated[str, "hour"] = ""
    day_of_month: Annotated[str, "day of the month"] = ""
    month: Annotated[str, "month"] = ""
    day_of_week: Annotated[str, "day of the week"] = ""
    command: Annotated[str, "what runs, blanks made one; in a system's crontab after the user's name"]
    path: Annotated[str, "file"]
    pid_with_namespace: Annotated[int, "a process: its files are read, as it sees them", HIDDEN, CHOOSES, SMALL] = 0


def rows(files: Files, namespaces: Namespaces, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row per line that runs something, by file and line. A line that cron cannot understand is a gap."""
    for pid in asked.numbers("pid_with_namespace", (0,)):
        try:
            for file in (namespaces.of_process(pid) if pid else files).open_each(reads):
                yield from _read(file, pid)
        except HullwatchError as error:
            yield Gap(kind="crontab-file", what="crontabs" + (f" as process {pid} sees them" if pid else ""), why=str(error))


def _read(file: File | Gap, pid: int) -> Iterator[Row | Gap]:
    if isinstance(file, Gap):
        yield file
        return
    if file.location.path.rpartition("/")[2].startswith("."):
        return
    for number, line in enumerate(map(str.strip, file.text(_LIMIT).split("\n")), 1):
        if line and not line.startswith("#") and not _SETTING.match(line):
            yield _line(line, f"/{file.location.path}", pid) or Gap(
                kind="crontab-line", what="line of a crontab", why=f"line {number} has too few fields", seen_at=file.location
            )


def _line(line: str, path: str, pid: int) -> Row | None:
    match _BLANKS.split(line):
        case [event, _, *_] if event.startswith("@"):
            return Row(event=event, command=" ".join(_BLANKS.split(line)[1:]), path=path, pid_with_namespace=pid)
        case [minute, hour, day_of_month, month, day_of_week, _, *_] if not minute.startswith("@"):
            return Row(
                minute=minute, hour=hour, day_of_month=day_of_month, month=month, day_of_week=day_of_week,
                command=" ".join(_BLANKS.split(line)[5:]), path=path, pid_with_namespace=pid,
            )  # fmt: skip
    return None
