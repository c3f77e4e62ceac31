"""The reference page of all tables, made from what the modules say of themselves."""

from collections.abc import Iterable, Iterator, Sequence

from .catalogue import TABLES, Table
from .columns import CHOOSES, ELSEWHERE, KEY, Column, columns_of
from .engine import name_of

_INTRODUCTION = """# Tables

What `hullwatch query` knows. Names, columns and types are osquery's where osquery has the table. Text that is not there is empty, a number
that is not there is NULL. *Hidden* columns are not in `select *`; they are there when named. A *key* fixed by `=` or `in` saves looking at
anything else. A *choosing* column decides what is looked at; only `=` and `in` (also of a join) can do that.
"""
_NOTES = {KEY: "key", CHOOSES: "choosing"}


def document(tables: Sequence[Table] = TABLES) -> str:
    """The page, in Markdown; tables by name."""
    return "\n".join((_INTRODUCTION, *(_section(table) for table in sorted(tables, key=name_of))))


def _section(table: Table) -> str:
    description = " ".join((table.__doc__ or "").partition("\n\n")[0].split())
    return "\n".join((f"## {name_of(table)}", "", description, "", *_rows(columns_of(table.Row)), "", *_examples(table.examples)))


def _rows(columns: Iterable[Column]) -> Iterator[str]:
    yield "| column | type | |"
    yield "|---|---|---|"
    elsewhere = []
    for column in columns:
        if ELSEWHERE in column.marks:
            elsewhere.append(f"`{column.name}` ({column.declared})")
            continue
        notes = [note for mark, note in _NOTES.items() if mark in column.marks] + ["hidden"] * column.hidden
        noted = f" *({', '.join(notes)})*" if notes else ""
        yield f"| `{column.name}` | {column.declared} | {column.description.replace('|', chr(92) + '|')}{noted} |"
    if elsewhere:
        yield f"\nHidden and always empty, for queries written for other systems: {', '.join(elsewhere)}."


def _examples(examples: Iterable[str]) -> Iterator[str]:
    yield "```sql"
    yield from (f"{example};" for example in examples)
    yield "```\n"
