"""The thread that takes file events from the kernel and keeps them, whatever the queries do meanwhile."""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from ...errors import HomeUnavailable, Misuse
from ...model import Gap, Note
from ...model.agent import FileEvent
from ...store.agent.events import EventStore
from ...targets.watch import FileWatch
from ...targets.watch.patterns import Pattern, parse_left_out, parse_watched
from .messages import Messages
from .plan import Plan

EXPIRY_S = 60.0
"""How often old events are looked for."""
AGAIN_S = 30.0
"""How long we wait when events could not be kept."""


class Expiry(Struct, frozen=True):
    """What may be dropped."""

    older_than_s: int
    told: int
    """Number of the last event that all queries have told."""
    most_told: int


class Watching:
    """Watches files in a thread of its own, from ``__init__`` to ``close``."""

    def __init__(self, root: Path, directory: Path, patterns: Sequence[Pattern], messages: Messages, *, read_max: int) -> None:
        """``directory``: of the agent's memory. Raises HomeUnavailable, LimitExceeded (no more inotify instances), Denied, Unreachable."""
        self._store = EventStore(directory)
        if self._store.was_damaged:
            messages.once(logging.ERROR, "the memory of file events was damaged and put aside; a new one begins")
        self._watch = FileWatch(root, patterns, self._store, read_max=read_max)
        self._messages = messages
        self._wanted: tuple[Sequence[Pattern], int] | None = None
        self._expiry = Expiry(3600, 0, 0)
        self._expire_at = time.monotonic() + EXPIRY_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still watches."""
        return self._thread.is_alive()

    def change(self, patterns: Sequence[Pattern], *, read_max: int) -> None:
        """Watch something else."""
        self._wanted = (patterns, read_max)
        self._watch.wake()

    def may_expire(self, expiry: Expiry) -> None:
        """Say what may be dropped from now on."""
        self._expiry = expiry

    def close(self) -> None:
        """End, when what was taken is kept."""
        self._stopped.set()
        self._watch.wake()
        self._thread.join()
        self._watch.close()
        self._store.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._watch.wait(EXPIRY_S)
            wanted, self._wanted = self._wanted, None
            if wanted:
                self._watch.watch(wanted[0], read_max=wanted[1])
            try:
                with self._store.writing():
                    for each in self._watch.take():
                        self._keep(each)
                self._expire()
            except HomeUnavailable as error:
                self._messages.once(logging.ERROR, f"file events cannot be kept now: {error}")
                self._watch.read_again()
                self._stopped.wait(AGAIN_S)

    def _keep(self, each: FileEvent | Gap | Note) -> None:
        if isinstance(each, FileEvent):
            self._store.add(each)
        else:
            self._messages.say((each,))

    def _expire(self) -> None:
        if time.monotonic() < self._expire_at:
            return
        self._expire_at = time.monotonic() + EXPIRY_S
        expiry = self._expiry
        with self._store.writing():
            untold = self._store.expire(before=int(time.time()) - expiry.older_than_s, told=expiry.told, most_told=expiry.most_told)
        if untold:
            self._messages.once(logging.WARNING, f"{untold} file events were dropped before a query told them: there were too many")


def patterns_of(plan: Plan, own_files: Sequence[str]) -> tuple[list[Pattern], list[Gap]]:
    """What a plan wants watched; our own logs and memory are left out, or each line would make another. A pattern that is none is a gap."""
    patterns: list[Pattern] = []
    gaps: list[Gap] = []
    for category, text in plan.file_paths:
        try:
            patterns.append(parse_watched(category, text, accesses=category in plan.file_accesses))
        except Misuse as error:
            gaps.append(Gap(kind="configuration", what=f"file_paths.{category}", why=str(error)))
    for text in (*plan.exclude_paths, *own_files):
        try:
            patterns.append(parse_left_out(text))
        except Misuse as error:
            gaps.append(Gap(kind="configuration", what="exclude_paths", why=str(error)))
    return patterns, gaps
