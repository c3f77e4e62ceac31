"""The shell of ``hullwatch query``: statements end with a semicolon; words that begin with a dot are about the shell."""

import sys
from collections.abc import Callable

from ..errors import HullwatchError
from ..tables.catalogue import TABLES
from ..tables.columns import columns_of
from ..tables.engine import Answer, is_whole, name_of
from .streams import say

_GREETING = "SQL over this target; a statement ends with a semicolon. .tables, .schema TABLE, .quit"
_PROMPT, _FURTHER = "hullwatch> ", "      ...> "


def converse(ask: Callable[[str], Answer], write: Callable[[Answer], None]) -> None:
    """Read statements from the terminal until it ends; an error ends the statement, not the shell."""
    import readline  # noqa: F401 - being imported is what gives input() its editing

    print(_GREETING, file=sys.stderr)
    statement = ""
    while True:
        try:
            statement += input(_FURTHER if statement else _PROMPT) + "\n"
            if statement.startswith("."):
                if not _told(statement.split()):
                    return
            elif not is_whole(statement):
                continue
            elif statement.strip("; \n\t"):
                write(ask(statement))
        except EOFError:
            print(file=sys.stderr)
            return
        except KeyboardInterrupt:
            print(file=sys.stderr)
        except HullwatchError as error:
            say(f"hullwatch: {error}")
        statement = ""


def _told(words: list[str]) -> bool:
    """Answer a word about the shell; False when it says to leave."""
    tables = {name_of(table): table for table in TABLES}
    match words:
        case [".quit" | ".exit"]:
            return False
        case [".tables"]:
            print("\n".join(tables))
        case [".schema", name] if name in tables:
            for column in columns_of(tables[name].Row):
                print(f"{column.name} {column.declared}{' hidden' if column.hidden else ''}: {column.description}")
        case _:
            print(_GREETING, file=sys.stderr)
    return True
