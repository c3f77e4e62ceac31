"""Routes whose failures are told as Anchore Engine tells them: ``message``, ``httpcode`` and ``detail``."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from ....errors import HullwatchError
from ....store.users import Role
from ...problem import Refused, status_of
from ...security import PasswordVisitor, Visitor, require


def viewer(found: PasswordVisitor) -> Visitor:
    """Somebody who may look, by name and password too."""
    return require(found, Role.VIEWER)


def operator(found: PasswordVisitor) -> Visitor:
    """Somebody who may act, by name and password too."""
    return require(found, Role.OPERATOR)


Viewer = Annotated[Visitor, Depends(viewer)]
Operator = Annotated[Visitor, Depends(operator)]


def failure(status: int, message: str, headers: dict[str, str] | None = None, **detail: object) -> Response:
    """What went wrong, in the engine's form."""
    return JSONResponse({"message": message, "httpcode": int(status), "detail": detail}, int(status), headers)


class ForeignRoute(APIRoute):
    """A route of this API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with our errors translated."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as error:
                return failure(error.status, error.detail, dict(error.headers))
            except HullwatchError as error:
                status = HTTPStatus.BAD_REQUEST if status_of(error) is HTTPStatus.UNPROCESSABLE_ENTITY else status_of(error)
                return failure(status, str(error))
            except RequestValidationError as error:
                return failure(HTTPStatus.BAD_REQUEST, "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()))

        return told


def new_router() -> APIRouter:
    """A router of such routes."""
    return APIRouter(route_class=ForeignRoute)
