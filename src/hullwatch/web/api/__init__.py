"""Resources below ``/api/v1``: one module each, listed here."""

from fastapi import APIRouter

from . import findings, inventories, reports, runs, schedules, sessions, targets, tokens, users

ROUTERS: tuple[APIRouter, ...] = (
    targets.router,
    schedules.router,
    runs.router,
    findings.router,
    inventories.router,
    reports.router,
    users.router,
    tokens.router,
    sessions.router,
)
