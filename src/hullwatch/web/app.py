"""The application: every route, behind the same doorman, the same headers and the same words for failures."""

from collections.abc import Callable

from fastapi import FastAPI

from .. import __version__
from ..jobs.board import Board
from ..jobs.server import Server
from . import health, metrics, pages, problem
from .answers import Application
from .api import ROUTERS
from .bodies import BodyLimit
from .compat import anchore
from .headers import SecurityHeaders
from .pages.failures import as_page
from .passwords import Passwords
from .security import Doorman

API = "/api/v1"


def create_app(
    server: Server, *, passwords: Passwords | None = None, secure_cookies: bool = False, well: Callable[[], bool] = lambda: True
) -> FastAPI:
    """The server's application. ``secure_cookies``: browsers reach it by https. ``well``: whether what it needs beside it is at work."""
    app = Application(
        title="hullwatch",
        version=__version__,
        summary="What is wrong with images, containers and hosts, and what could not be judged.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False},
    )
    app.state.doorman = Doorman(server, passwords or Passwords(server.memory, server.clock), secure_cookies=secure_cookies)
    app.state.board = Board(server)
    app.state.well = well
    problem.register(app, shown=as_page)
    app.include_router(health.router)
    app.include_router(metrics.router)
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.include_router(anchore.router)
    for router in pages.ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app
