"""What the service is: access check, version, state, feeds, error codes."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from .... import __version__
from ....jobs.images import counted_feeds
from ....model import Feed
from ...security import Here
from .records import stamp
from .routes import Viewer, new_router

API_VERSION = "0.1.20"
"""Of the engine's API that is spoken here; clients compare it."""
_SERVICES = ("catalog", "apiext", "policy_engine", "simplequeue", "analyzer")
_ERROR_CODES = {
    "UNKNOWN": "the cause is not known",
    "REGISTRY_IMAGE_NOT_FOUND": "there is no such image",
    "REGISTRY_NOT_ACCESSIBLE": "the image cannot be asked for",
}

router = new_router()
root = APIRouter()


@root.get("/swagger.json")
@router.get("/swagger.json")
def swagger() -> dict[str, Any]:
    """Which API this is. Open to all: clients ask it before they log in."""
    return {"swagger": "2.0", "info": {"title": "Anchore Engine API Server", "version": API_VERSION}, "paths": {}}


@router.get("")
@router.get("/")
def alive() -> str:
    """The access check that every command begins with. Open to all."""
    return "v1"


@router.get("/health")
def health() -> Response:
    """Open to all."""
    return PlainTextResponse('"ok"', media_type="application/json")


@router.get("/version")
def version() -> dict[str, Any]:
    """Versions. Open to all."""
    return {"service": {"version": __version__}, "api": {"version": API_VERSION}, "db": {"schema_version": __version__}}


def _detail() -> dict[str, Any]:
    return {
        "up": True,
        "available": True,
        "busy": False,
        "message": "all good",
        "detail": {},
        "version": __version__,
        "db_version": __version__,
    }


@router.get("/status")
def status(_: Viewer) -> dict[str, Any]:
    """State in one."""
    return _detail()


def _services(base: str) -> list[dict[str, Any]]:
    common = {"hostid": "hullwatch", "base_url": base, "version": "v1", "status": True, "status_message": "available"}
    return [{**common, "servicename": name, "service_detail": _detail()} for name in _SERVICES]


@router.get("/system")
def system(_: Viewer, here: Here) -> dict[str, Any]:
    """The engine's five services; here one process is all of them."""
    here.memory.answers()
    return {"service_states": _services("http://hullwatch/v1")}


@router.get("/system/services")
def services(_: Viewer) -> list[dict[str, Any]]:
    """The same as a list."""
    return _services("http://hullwatch/v1")


@router.get("/system/error_codes")
def error_codes(_: Viewer) -> list[dict[str, str]]:
    """The codes in ``detail.error_codes``."""
    return [{"name": name, "description": text} for name, text in _ERROR_CODES.items()]


@router.get("/system/feeds")
def feeds(_: Viewer, here: Here) -> list[dict[str, Any]]:
    """The feeds of the advisory database, as groups of one."""
    known = counted_feeds(here.settings)
    times = [feed.fetched_at for feed, _ in known if feed.fetched_at]
    newest = stamp(max(times, default=datetime.fromtimestamp(0, UTC)))
    common = {"enabled": True, "created_at": newest, "updated_at": newest}
    return [
        {"name": "vulnerabilities", **common, "last_full_sync": newest, "groups": [_group(feed, count, newest) for feed, count in known]}
    ]


def _group(feed: Feed, count: int, newest: str) -> dict[str, Any]:
    synced = stamp(feed.fetched_at) if feed.fetched_at else newest
    return {"name": feed.id, "enabled": True, "created_at": synced, "updated_at": synced, "last_sync": synced, "record_count": count}
