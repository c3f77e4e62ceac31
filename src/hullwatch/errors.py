"""What can go wrong, as one small tree. Each error says what happened and what to do about it.

HullwatchError
├── Misuse                 the command or a setting cannot be understood
├── NotFound               what was named does not exist
├── Denied                 this user may not look there
├── Unreachable            a machine, service or mirror does not answer as it should
├── Untrusted              a digest or signature does not fit
├── Malformed              bytes are not in the format they claim to be in
├── LimitExceeded          an input is larger, deeper or denser than we accept
├── UnorderableVersion     a version has no place in its scheme's order
└── HomeUnavailable        our own home cannot be read or written

"Not judged" is no exception but a ``Gap`` (``hullwatch.model``).
"""


class HullwatchError(Exception):
    """What happened (``what``) and what to do about it (``remedy``, empty when nothing can be done)."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class Misuse(HullwatchError):
    """The command or a setting cannot be understood."""


class NotFound(HullwatchError):
    """What was named does not exist."""


class Denied(HullwatchError):
    """This user may not look there."""


class Unreachable(HullwatchError):
    """A machine, service or mirror does not answer as it should."""


class Untrusted(HullwatchError):
    """A digest or signature does not fit; what was received is not used."""


class Malformed(HullwatchError):
    """Bytes are not in the format they claim to be in."""


class LimitExceeded(HullwatchError):
    """An input is larger, deeper or denser than we accept."""


class UnorderableVersion(HullwatchError):
    """A version has no place in its scheme's order."""


class HomeUnavailable(HullwatchError):
    """Our own home (cache, history, advisory database) cannot be read or written."""
