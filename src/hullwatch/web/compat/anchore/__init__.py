"""The API of Anchore Engine, as far as ``anchore-cli`` needs it to add images, wait for them and show what is in and wrong with them.

Facts: the engine's API 0.1.20 and anchore-cli 0.9.3. It lies below ``/v1``; ``/swagger.json`` at the root tells its version. Images are
local images of this server's engine; they become watched targets, their analysis is a run of the scan job.
"""

from fastapi import APIRouter

from . import check, content, images, service, vulnerabilities

router = APIRouter(include_in_schema=False)
for each in (service, images, content, vulnerabilities, check):
    router.include_router(each.router, prefix="/v1")
router.include_router(service.root)

__all__ = ["router"]
