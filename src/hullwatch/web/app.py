"""The application: every route, behind the same doorman, the same headers and the same words for failures."""

from fastapi import FastAPI

from .. import __version__
from ..jobs.server import Server
from . import problem
from .answers import Application
from .api import ROUTERS
from .headers import SecurityHeaders
from .passwords import Passwords
from .security import Doorman

API = "/api/v1"


def create_app(server: Server, *, passwords: Passwords | None = None, secure_cookies: bool = False) -> FastAPI:
    """The server's application. ``secure_cookies``: browsers reach it by https."""
    app = Application(
        title="hullwatch",
        version=__version__,
        summary="What is wrong with images, containers and hosts, and what could not be judged.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.doorman = Doorman(server, passwords or Passwords(server.memory, server.clock), secure_cookies=secure_cookies)
    problem.register(app)
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.add_middleware(SecurityHeaders)
    return app
