"""The jobs of telling people: write down what a report has to say to whom, send what is due, try again what was not taken.

A message is sent at least once: one whose sender dies after the service took it and before that is written down is sent again.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from ..errors import HomeUnavailable, HullwatchError, NotFound
from ..model import OutboxMessage, Report
from ..notify.messages import Message, digest, trial
from ..notify.rules import Rule, news_of, parse_rules, references_for
from .edges import Edges

if TYPE_CHECKING:
    from ..store.outbox import Before, Outbox, Telling

_CLAIM = timedelta(minutes=10)
"""How long a message is left to whoever sends it; longer than any sending takes."""
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)


class Delivery(Struct, frozen=True):
    """What became of the messages that were tried."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0
    """All that are not delivered now."""


def check_rules(edges: Edges) -> tuple[Rule, ...]:
    """The rules of the settings, understood; warns of what is odd about them. Raises Misuse."""
    from ..notify.addresses import address_of, oddities

    rules = parse_rules(edges.settings.notify)
    for rule in rules:
        try:
            address = address_of(rule.setting, os.environ)
        except HullwatchError as error:
            edges.progress.warn(str(error))
            continue
        for odd in oddities(rule.setting, address, edges.settings.files):
            edges.progress.warn(odd)
    return rules


def tell(report: Report, edges: Edges) -> int:
    """Write down what each rule has to tell of a report of a remembered run; how many messages that were. Sends nothing.

    One digest a run and rule: telling the same run again changes nothing. A database that cannot be used is a warning: nothing was told, so
    the next run's digest will say it. Raises Misuse for rules that cannot be understood.
    """
    rules = parse_rules(edges.settings.notify)
    if not rules or not report.run:
        return 0
    queued = 0
    for rule in rules:
        try:
            if (outbox := edges.outbox) is None:
                return queued
            decide = partial(_decide, rule, report, edges.settings.public_url)
            queued += outbox.tell(rule.name, report.run, references_for(rule, report), edges.clock.now(), decide)
        except HomeUnavailable as error:
            edges.progress.warn(f"notify.{rule.name}: not told: {error}")
    return queued


def deliver(edges: Edges, now: datetime | None = None, *, everything: bool = False) -> Delivery:
    """Send what is due, or all that waits. What is not taken is a warning and waits longer each time; nothing is given up.

    Opens no history where the settings have no rules. A rule's first failure ends its turn: its other messages stay due.
    """
    rules = {rule.name: rule for rule in parse_rules(edges.settings.notify)}
    try:
        outbox = edges.outbox if rules else None
        return _deliver(rules, outbox, edges, now or edges.clock.now(), everything=everything) if outbox is not None else Delivery()
    except HomeUnavailable as error:
        edges.progress.warn(f"messages are not sent: {error}")
        return Delivery()


def try_rule(name: str, edges: Edges) -> None:
    """Send a trial message of one rule, now; it is not kept. Raises NotFound for no such rule, and why it was not taken."""
    from ..targets.machine import read_host_facts

    for rule in check_rules(edges):
        if rule.name == name:
            _send(rule, trial(name, read_host_facts(edges.files).hostname or "this machine"))
            return
    known = ", ".join(rule.name for rule in edges.settings.notify) or "none"
    raise NotFound(f"no rule of notification is called {name!r}", remedy=f"the settings have: {known}")


def messages(edges: Edges) -> tuple[OutboxMessage, ...]:
    """What waits, then what was delivered last."""
    return (*edges.outbox.waiting(), *edges.outbox.delivered()) if edges.outbox is not None else ()


def _decide(rule: Rule, report: Report, public_url: str, before: "Before") -> "Telling":
    from ..store.outbox import Telling

    news = news_of(rule, report, before.standing, before.gone)
    message = digest(news, report, public_url) if news.worth_telling else Message(title="", body="")
    return Telling(title=message.title, body=message.body, told=news.told)


def _deliver(rules: Mapping[str, Rule], outbox: "Outbox", edges: Edges, now: datetime, *, everything: bool) -> Delivery:
    delivered, failed = 0, set()
    for message in outbox.waiting(None if everything else now):
        if message.rule not in rules or message.rule in failed or not outbox.claim(message, now + _CLAIM):
            continue
        try:
            _send(rules[message.rule], Message(title=message.title, body=message.body))
        except HullwatchError as error:
            failed.add(message.rule)
            outbox.note_failed(message, error.what, now + _pause(message.attempts + 1))
            edges.progress.warn(f"{error.what}; tried {message.attempts + 1} times, {message.rule} hears of run {message.run} later")
        else:
            outbox.note_delivered(message, now)
            delivered += 1
    return Delivery(delivered, len(failed), len(outbox.waiting()))


def _send(rule: Rule, message: Message) -> None:
    from ..notify.addresses import address_of
    from ..notify.apprise_channel import send_message

    send_message(rule.name, address_of(rule.setting, os.environ), message)


def _pause(attempts: int) -> timedelta:
    """Doubled with each attempt."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 20)), _LONGEST_PAUSE)
