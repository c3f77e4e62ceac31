"""No request's body is longer than this server wants to hold, whoever sends it and before anybody asks who that is."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import LimitExceeded
from .answers import MAX_BODY_BYTES


class BodyLimit:
    """Raises LimitExceeded, to whoever reads a body, as soon as it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise LimitExceeded(f"the body is longer than {MAX_BODY_BYTES} bytes")
            return message

        await self._app(scope, receive_some, send)
