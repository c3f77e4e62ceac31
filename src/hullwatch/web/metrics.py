"""``/metrics`` in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Response

from ..jobs.server import Server
from .answers import says
from .security import Here, Viewer

router = APIRouter(tags=["operation"])
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float]


@router.get("/metrics", **says(None))
def get_metrics(here: Here, _: Viewer) -> Response:
    """Numbers for Prometheus; its scraper sends a viewer's token."""
    return Response("".join(_lines(here)), media_type=_TYPE)


def _lines(here: Server) -> Iterable[str]:
    memory, now = here.memory, here.clock.now()
    found = memory.findings.counts(watched=True).items()
    yield from _gauge(
        "hullwatch_findings", "Findings on watched targets.", [({"kind": kind, "severity": severity}, n) for (kind, severity), n in found]
    )
    yield from _gauge("hullwatch_runs", "Runs by where they stand.", [({"status": each}, n) for each, n in memory.runs.by_status().items()])
    yield from _gauge("hullwatch_targets", "Watched targets.", [({}, len(memory.targets.references()))])
    yield from _gauge(
        "hullwatch_worker_seen_seconds",
        "Seconds since a worker was last seen.",
        [({"worker": each.id}, round((now - each.seen_at).total_seconds(), 1)) for each in memory.workers.all()],
    )
    schedules = memory.schedules.page(limit=1000)
    yield from _gauge("hullwatch_schedule_paused", "Whether a schedule is paused.", [({"schedule": e.name}, e.paused) for e in schedules])
    yield from _gauge(
        "hullwatch_schedule_last_run_timestamp_seconds",
        "When a schedule last asked for a run.",
        [({"schedule": each.name}, each.last_run_at.timestamp()) for each in schedules if each.last_run_at],
    )


def _gauge(name: str, help_text: str, samples: Iterable[Sample]) -> Iterable[str]:
    yield f"# HELP {name} {help_text}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{'{' + inside + '}' if inside else ''} {float(value):g}\n"


def _escaped(text: str) -> str:
    fit = text.encode("utf-8", "backslashreplace").decode()
    return fit.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
