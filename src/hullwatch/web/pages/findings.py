"""Findings: those that are asked for, the worst first; and one with the evidence that lets anyone repeat the judgement."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import Struct

from ...model import Comparison, FindingKind, Severity
from ...reports.explain_screen import compared
from ...reports.names import newest_edition, number_of
from ...reports.rows import status
from ...store.finding_search import FindingQuery
from ..api.findings import read_finding, read_findings
from ..api.reports import board_of
from ..security import Here, Viewer
from .rendering import address, page

router = APIRouter(include_in_schema=False)
_PER_PAGE = 100
_ELSEWHERE = 20
YesNo = Annotated[Literal["", "true", "false"], Query()]


class Filters(Struct, frozen=True, kw_only=True):
    """What somebody asked for, as the form and the address have it."""

    text: str
    rule: str
    target: str
    severity: list[Severity]
    kind: list[FindingKind]
    exploited: str
    fixable: str
    new: str
    waived: str
    gone: str

    @property
    def query(self) -> dict[str, str | list[str]]:
        """For the address of this page, and of its JSON twin."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


@router.get("/findings")
def show_findings(
    request: Request,
    here: Here,
    who: Viewer,
    cursor: str = "",
    text: Annotated[str, Query(max_length=200)] = "",
    rule: Annotated[str, Query(max_length=200)] = "",
    target: Annotated[str, Query(max_length=4096)] = "",
    severity: Annotated[list[Severity] | None, Query()] = None,
    kind: FindingKind | Literal[""] = "",
    exploited: YesNo = "",
    fixable: YesNo = "",
    new: YesNo = "",
    waived: YesNo = "",
    gone: YesNo = "",
) -> Response:
    """Findings of watched targets; all filters hold at once."""
    filters = Filters(
        text=text.strip(),
        rule=rule.strip(),
        target=target,
        severity=severity or [],
        kind=[kind] if kind else [],
        exploited=exploited,
        fixable=fixable,
        new=new,
        waived=waived,
        gone=gone,
    )
    query = FindingQuery(
        severities=tuple(filters.severity),
        kinds=tuple(filters.kind),
        target=filters.target,
        rule=filters.rule,
        text=filters.text,
        exploited=_maybe(exploited),
        new=_maybe(new),
        gone=gone == "true",
        watched=True,
    )
    return page(
        request,
        "findings.html",
        who,
        twin=address("/api/v1/findings", filters.query | {"watched": "true", "cursor": cursor}),
        filters=filters,
        found=read_findings(here, query, cursor, _PER_PAGE, waived=_maybe(waived), fixable=_maybe(fixable)),
        severities=tuple(Severity),
        kinds=tuple(FindingKind),
    )


@router.get("/findings/{finding}")
def show_finding(request: Request, here: Here, who: Viewer, finding: Annotated[str, Path(max_length=64)]) -> Response:
    """One finding with its evidence."""
    detail = read_finding(here, finding)
    found = detail.finding
    elsewhere = read_findings(here, FindingQuery(rule=found.rule, watched=True), limit=_ELSEWHERE + 1)
    board = board_of(request).now()
    return page(
        request,
        "finding.html",
        who,
        twin=f"/api/v1/findings/{found.id}",
        detail=detail,
        finding=found,
        watched=next((each for each in board.targets if each.reference == found.target), None),
        mend=next((each for each in board.mends if found.id in each.mend.findings), None),
        elsewhere=[each for each in elsewhere.findings if each.id != found.id],
        layers={layer.diff_id: layer for layer in detail.layers},
        feeds={feed.id: feed for feed in detail.feeds},
        comparisons=[each for each in found.evidence if isinstance(each, Comparison)],
        others=[each for each in found.evidence if not isinstance(each, Comparison)],
        compared=compared,
        state_of_mending=status(found),
        edition=newest_edition([found]),
        number=number_of(found) if found.kind is FindingKind.BENCHMARK else "",
    )


def _maybe(answer: str) -> bool | None:
    return {"true": True, "false": False}.get(answer)
