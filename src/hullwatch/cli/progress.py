"""How a terminal is told that work goes on."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TextIO

from ..ports import Step
from ..reports.look import Look
from .streams import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_PATIENCE_S = 0.3
"""A bar appears when a step takes longer; until then nothing is imported that draws."""


class TerminalProgress:
    """Bars that vanish when they are done on a terminal; a line per finished thing elsewhere."""

    def __init__(self, stream: TextIO, *, bars: bool, quiet: bool) -> None:
        self._stream = stream
        self._with_bars = bars and not quiet
        self._with_lines = not bars and not quiet
        self._quiet = quiet
        self._drawn: Bars | None = None
        self._depth = 0

    def step(self, what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
        """A piece of work, shown when it takes long enough to wonder."""
        return self._step(what, total, unit)

    @contextmanager
    def _step(self, what: str, total: int | None, unit: str) -> Iterator[Step]:
        self._depth += 1
        step = _Step(self, what, total, unit)
        try:
            yield step
        finally:
            step.close()
            self._depth -= 1
            if self._depth == 0 and self._drawn is not None:
                self._drawn.stop()
                self._drawn = None

    def finished(self, what: str, detail: str = "") -> None:
        """One thing is done."""
        if self._with_lines:
            say(f"{what}: {detail}" if detail else what, self._stream)

    def warn(self, what: str) -> None:
        """Something to know that is no gap of the report."""
        if self._quiet:
            return
        if self._drawn is not None:
            self._drawn.console.print(Look().text(f"hullwatch: {what}"), markup=False, highlight=False)
        else:
            say(f"hullwatch: {what}", self._stream)

    def bars(self) -> "Bars | None":
        """The bars, drawn from the first call on; None where there are none."""
        if not self._with_bars:
            return None
        if self._drawn is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._drawn = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[unit]}"),
                console=Console(file=self._stream), transient=True,
            )  # fmt: skip
            self._drawn.start()
        return self._drawn


class _Step:
    """One bar, drawn once it has waited long enough."""

    def __init__(self, progress: TerminalProgress, what: str, total: int | None, unit: str) -> None:
        self._progress = progress
        self._what = what
        self._unit = unit
        self._divisor = 1024 * 1024 if unit == "B" else 1
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._task: TaskID | None = None

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        self._done += amount
        if self._task is None and time.monotonic() - self._began > _PATIENCE_S and (bars := self._progress.bars()) is not None:
            total = None if self._total is None else max(1, self._total // self._divisor)
            self._task = bars.add_task(self._what, total=total, unit="MiB" if self._unit == "B" else self._unit)
        if self._task is not None and (bars := self._progress.bars()) is not None:
            bars.update(self._task, completed=self._done // self._divisor)

    def close(self) -> None:
        """The bar is taken away."""
        if self._task is not None and (bars := self._progress.bars()) is not None:
            bars.remove_task(self._task)
