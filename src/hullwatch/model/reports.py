"""What a run has to say: judged targets with the state beside their findings, and what to do, in order."""

from datetime import datetime

from msgspec import Struct, field

from .advisories import Feed
from .findings import Finding, Gap, Mend, Note, Waiver
from .inventory import Inventory


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ``assess`` says of one inventory."""

    inventory: Inventory
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """Those of the inventory and those of judging."""
    notes: tuple[Note, ...] = ()
    feeds: tuple[Feed, ...] = ()
    """The feeds that were asked."""


class Reported(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A finding and its state now, which is no part of its identity."""

    finding: Finding
    first_seen: datetime | None = None
    new: bool = False
    """Not there when this target was last judged; always False at a first run."""
    waived_by: Waiver | None = None


class TargetReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One target of a report."""

    inventory: Inventory
    findings: tuple[Reported, ...] = ()
    gaps: tuple[Gap, ...] = ()
    waived_gaps: tuple[Gap, ...] = ()
    notes: tuple[Note, ...] = ()
    feeds: tuple[Feed, ...] = ()
    mended: tuple[str, ...] = ()
    """Ids of findings that the last run had and this one has not, though target and feed were judged again."""
    gone: tuple[Finding, ...] = ()
    """The findings of ``mended`` as they were last seen failing, in its order."""
    known: int = 0
    """Of changes alone (``Report.changes_only``): how many findings that no waiver covers were there before, and are left out."""
    previous_at: datetime | None = None
    """When this target was last judged; None at a first run."""
    relation: str = ""
    """Of a container: ``= nginx:1.25``, ``older than its tag``, ``= worker:2.4, +1 pkg``. Its findings are those that the image has not."""
    running: bool | None = None
    """Whether it, or a container of it, runs; None when no engine can be asked."""
    running_as: tuple[str, ...] = ()
    """Names of running containers of an image."""
    seconds: float = 0.0
    upgrades: dict[str, str] = field(default_factory=dict)
    """Per source package (a finding's subject) the lowest version that mends all of its flaws, where that is known."""


class Unfinished(Struct, frozen=True, kw_only=True):
    """A target that was asked for and could not be looked at at all."""

    reference: str
    gap: Gap


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run's report; every format is rendered from this and nothing else."""

    made_at: datetime
    machine: str
    version: str
    targets: tuple[TargetReport, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    waived_unfinished: tuple[Unfinished, ...] = ()
    """Of those that were asked for and not looked at, the ones that a waiver covers."""
    mends: tuple[Mend, ...] = ()
    """In order; every mend's findings are unwaived and fixable."""
    notes: tuple[Note, ...] = ()
    """Of the run, not of one target."""
    unused_waivers: tuple[Waiver, ...] = ()
    ending_waivers: tuple[Waiver, ...] = ()
    fail_on: str = "high,fixable"
    failed: bool = False
    """Something at or above the threshold was found."""
    incomplete: bool = False
    """Something asked for is a gap that no waiver covers."""
    exit_status: int = 0
    settings_files: tuple[str, ...] = ()
    seconds: float = 0.0
    run: int = 0
    """Its number in history; 0 when it is not remembered."""
    whole_machine: bool = False
    """True when no target was named: the machine it stands on."""
    changes_only: bool = False
    """Findings that were there when their target was last judged are left out, and counted in ``TargetReport.known``."""
