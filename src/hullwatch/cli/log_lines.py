"""Lines of the process's log: when, what, and its values as ``key=value``."""

import json
import logging
from datetime import UTC, datetime

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_DBOS = frozenset({"applicationID", "applicationVersion", "executorID", "operationUUID"})


class Lines(logging.Formatter):
    """One line an event; control characters in it are made visible."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        values = (f" {key}={_shown(value)}" for key, value in vars(record).items() if key not in _KNOWN | _DBOS)
        line = f"{at}Z {record.levelname.lower()} {_flat(record.getMessage())}{''.join(values)}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _shown(value: object) -> str:
    text = str(value)
    return text if text and text.isascii() and text.isprintable() and not set(text) & set(' "=') else json.dumps(text)


def _flat(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)[1:-1]
