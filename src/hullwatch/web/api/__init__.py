"""Resources below ``/api/v1``: one module each, listed here."""

from fastapi import APIRouter

from . import targets

ROUTERS: tuple[APIRouter, ...] = (targets.router,)
