"""All tables, and what a table is: a module whose name is the table's, with a ``Row`` and a generator of rows."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from . import (
    crontab,
    file,
    file_events,
    hash,  # noqa: A004 - the table has the name that osquery gave it
    logged_in_users,
    osquery_schedule,
    packages,
    processes,
    system_info,
    users,
)


class Table(Protocol):
    """What every module named in ``TABLES`` has. The first line of its docstring is the description.

    The parameters of ``rows`` are annotated with what they are to be given: ``Files``, ``Inventories``, ``Namespaces``
    (see ``sources.Sources``) or ``Asked``.
    """

    __name__: str
    __doc__: str | None

    @property
    def examples(self) -> tuple[str, ...]:
        """Statements worth trying; the first is the plainest."""

    @property
    def Row(self) -> type[msgspec.Struct]:  # noqa: N802 - it is a class of the module
        """Its fields are the columns, in the order of ``select *``; see ``columns``."""

    @property
    def rows(self) -> Callable[..., Iterator[msgspec.Struct]]:
        """Yields ``Row`` and ``Gap``, while they are asked for."""


TABLES: tuple[Table, ...] = (
    crontab, file, file_events, hash, logged_in_users, osquery_schedule, packages, processes, system_info, users,
)  # fmt: skip
