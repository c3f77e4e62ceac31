"""The nouns (design.md section 3). What crosses a room is one of these frozen, typed records."""

from .advisories import (
    About,
    Advisory,
    AdvisoryClass,
    Feed,
    Lifecycle,
    PublishedSeverity,
    Range,
    Score,
    Severity,
    Status,
    packages_of_feed,
)
from .daemon import AuditRule, Container, Daemon, DaemonFile, DaemonSetting, FileRole, LocalImage, Mount, Network
from .findings import Change, Comparison, Evidence, Finding, FindingKind, Gap, Mend, Note, Setting, Verdict, Waiver, finding_id
from .inventory import Inventory
from .messages import OutboxMessage
from .packages import Digest, Ecosystem, Location, Package, Scheme, SourcePackage
from .reports import Judgement, Report, Reported, TargetReport, Unfinished
from .targets import ContainerFacts, Distribution, FileKind, FileState, ImageFacts, Layer, Target, TargetKind

__all__ = [
    "About", "Advisory", "AdvisoryClass", "AuditRule", "Change", "Comparison", "Container", "ContainerFacts", "Daemon", "DaemonFile",
    "DaemonSetting", "Digest", "Distribution", "Ecosystem", "Evidence", "Feed", "FileKind", "FileRole", "FileState", "Finding",
    "FindingKind", "Gap", "ImageFacts", "Inventory", "Judgement", "Layer", "Lifecycle", "LocalImage", "Location", "Mend", "Mount",
    "Network", "Note", "OutboxMessage", "Package", "PublishedSeverity", "Range", "Report", "Reported", "Scheme", "Score", "Setting",
    "Severity", "SourcePackage", "Status", "Target", "TargetKind", "TargetReport", "Unfinished", "Verdict", "Waiver", "finding_id",
    "packages_of_feed",
]  # fmt: skip
