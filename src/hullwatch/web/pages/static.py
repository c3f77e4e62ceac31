"""The few files that pages load besides themselves: a style sheet, an icon, and a script for what happens while one looks on."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response

from ...errors import NotFound

router = APIRouter(include_in_schema=False)
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
_FOLDER = Path(__file__).parents[1] / "static"


def _read(path: Path) -> tuple[str, bytes]:
    data = path.read_bytes()
    return f"{path.stem}.{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}", data


_NAMES = {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}
_FILES = dict(_NAMES.values())


def address_of(name: str) -> str:
    """Where a file is had; another content has another address, so that browsers may keep it."""
    return f"/static/{_NAMES[name][0]}"


@router.get("/static/{name}")
def get_file(name: str) -> Response:
    """One file; nobody needs to be logged in."""
    if name not in _FILES:
        raise NotFound(f"there is no file {name}", remedy="load the page again")
    return Response(_FILES[name], media_type=_KINDS[Path(name).suffix], headers={"cache-control": _FOREVER})
