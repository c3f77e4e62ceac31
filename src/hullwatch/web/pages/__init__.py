"""Pages for people: one module each, listed here. They work without scripts; each shows what its JSON twin says."""

from fastapi import APIRouter

from . import account, findings, login, now, runs, schedules, static, targets, users

ROUTERS: tuple[APIRouter, ...] = (
    now.router,
    targets.router,
    findings.router,
    runs.router,
    schedules.router,
    account.router,
    users.router,
    login.router,
    static.router,
)
