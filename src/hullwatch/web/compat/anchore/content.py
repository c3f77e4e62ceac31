"""What is in an image: packages by type."""

from typing import Any

from ....errors import NotFound
from ....model import Ecosystem, Inventory, Package, Scheme
from ...security import Here
from .records import analyzed, by_digest
from .routes import Viewer, new_router

TYPES = ("os", "python")
_OS_TYPES = {Scheme.DEB: "dpkg", Scheme.APK: "APKG"}

router = new_router()


@router.get("/images/by_id/{digest}/content")
@router.get("/images/{digest}/content")
def types(_: Viewer, here: Here, digest: str) -> list[str]:
    """The types that are read."""
    analyzed(by_digest(here, digest))
    return list(TYPES)


@router.get("/images/by_id/{digest}/content/{kind}")
@router.get("/images/{digest}/content/{kind}")
def content(_: Viewer, here: Here, digest: str, kind: str) -> dict[str, Any]:
    """The packages of one type."""
    image = by_digest(here, digest)
    inventory = analyzed(image)
    if kind not in TYPES:
        raise NotFound(f"content of type {kind} is not read", remedy=f"types are {', '.join(TYPES)}")
    return {"imageDigest": image.digest, "content_type": kind, "content": list(_rows(inventory, kind))}


def _rows(inventory: Inventory, kind: str) -> list[dict[str, Any]]:
    if kind == "os":
        return [_os_row(each) for each in inventory.packages if each.ecosystem is None]
    return [_python_row(each) for each in inventory.packages if each.ecosystem is Ecosystem.PYPI]


def _os_row(package: Package) -> dict[str, Any]:
    return {
        "package": package.name,
        "version": package.version,
        "size": "N/A",
        "type": os_type(package),
        "origin": package.vendor or "N/A",
        "license": " ".join(package.licences) or "Unknown",
        "licenses": list(package.licences) or ["Unknown"],
        "sourcepkg": package.source.name,
        "cpes": [],
    }


def _python_row(package: Package) -> dict[str, Any]:
    return {
        "package": package.name,
        "version": package.version,
        "type": "PYTHON",
        "location": f"/{package.seen_at[0].path}" if package.seen_at else "N/A",
        "origin": package.owned_by or "N/A",
        "license": " ".join(package.licences) or "Unknown",
        "licenses": list(package.licences) or ["Unknown"],
        "cpes": [],
    }


def os_type(package: Package) -> str:
    """How the engine calls a distribution's packages."""
    return _OS_TYPES.get(package.scheme, str(package.scheme))
