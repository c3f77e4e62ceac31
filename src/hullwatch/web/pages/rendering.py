"""Pages as HTML: one environment of templates, in which everything is escaped and nothing that a target named stays hidden."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ... import __version__
from ...reports.look import Look
from ...reports.names import age, argument, called, duration, instruction, many, number_of, system
from ...reports.screen.footer import threshold
from ...reports.summary import worst_of
from ...store.users import Role
from ..security import Visitor, doorman_of
from .static import address_of

_LOOK = Look(unicode=True)
Query = Mapping[str, str | Sequence[str]]


def page(
    request: Request, template: str, who: Visitor | None, *, twin: str = "", status: int = 200, refresh_s: int = 0, **content: object
) -> HTMLResponse:
    """A page. ``twin`` is the address of the same as JSON; ``refresh_s``: without scripts it is loaded anew after so long."""
    known = {
        "who": who,
        "may_act": who is not None and who.role.covers(Role.OPERATOR),
        "is_admin": who is not None and who.role.covers(Role.ADMIN),
        "here": request.url.path,
        "twin": twin,
        "refresh_s": refresh_s,
        "now": doorman_of(request).server.clock.now(),
    }
    text = _ENVIRONMENT.get_template(template).render(known | content)
    return HTMLResponse(text.encode("utf-8", "replace"), status)


def see(address: str, **query: str) -> RedirectResponse:
    """Where to go after something was done."""
    return RedirectResponse(f"{address}{'?' if query else ''}{urlencode(query)}", 303)


def address(path: str, query: Query | None = None) -> str:
    """A path with a query; what is empty in it is left out. Names may hold bytes that are no UTF-8."""
    pairs = [(key, each) for key, value in (query or {}).items() for each in ([value] if isinstance(value, str) else value) if each]
    return f"{path}{'?' if pairs else ''}{urlencode(pairs, errors='surrogatepass')}"


def visible(text: str) -> str:
    """A target's own words as they may stand in a page: nothing hidden, nothing that turns what stands beside it around."""
    return _LOOK.text(text)


def full(time: datetime | None) -> str:
    """``2027-01-04 09:12 UTC``."""
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else "never"


def before(time: datetime, now: datetime) -> str:
    """``5 min ago``."""
    return f"{age(time, now)} ago" if now - time >= timedelta(minutes=1) else "just now"


def _finished(value: object) -> object:
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _combined(query: Query, **more: str | Sequence[str]) -> Query:
    return {**query, **more}


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "age": age,
        "before": before,
        "argument": argument,
        "called": called,
        "combine": _combined,
        "duration": duration,
        "full": full,
        "instruction": instruction,
        "many": many,
        "number_of": number_of,
        "shell": shlex.quote,
        "system": system,
        "threshold": threshold,
        "worst_word": worst_of,
    }
    environment.filters |= filters
    environment.globals |= {"version": __version__, "static": address_of, "address": address}
    return environment


_ENVIRONMENT = _environment()
