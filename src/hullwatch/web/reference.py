"""The reference page of the API, made from its routes."""

import inspect
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from . import health, metrics
from .api import ROUTERS
from .security import admin, operator, viewer, visitor_by_password

_PREFIX = "/api/v1"
_ROLES = {viewer: "viewer", operator: "operator", admin: "admin", visitor_by_password: "name and password"}


def document() -> str:
    """The page: every route with who may use it, what it takes and what it does."""
    head = (
        "# The API\n\nEvery route, and the role it needs. Bodies, answers and problems are described by `/api/v1/openapi.json`,\n"
        "what all routes share by [the guide](../guide/server.md#the-api).\n"
    )
    routers = [(_PREFIX, router) for router in ROUTERS] + [("", health.router), ("", metrics.router)]
    return head + "".join(_section(prefix, router) for prefix, router in routers)


def _section(prefix: str, router: APIRouter) -> str:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    rows = "".join(_row(prefix, route) for route in routes)
    return f"\n## {routes[0].tags[0]}\n\n| | needs | does |\n|---|---|---|\n{rows}"


def _row(prefix: str, route: APIRoute) -> str:
    method = ", ".join(sorted(route.methods or ()))
    says = (inspect.getdoc(route.endpoint) or "").replace("\n", " ").replace("``", "`")
    query = [f"`{each.alias}`" for each in route.dependant.query_params]
    asks = f" Asks for: {', '.join(query)}." if query else ""
    return f"| `{method} {prefix}{route.path}` | {_role(route.dependant)} | {says}{asks} |\n"


def _role(dependant: Dependant) -> str:
    return next((_ROLES[call] for call in _calls(dependant) if call in _ROLES), "–")


def _calls(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)
