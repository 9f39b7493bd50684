"""Log lines that a log collector can read without guessing, and without a person's address or the token of a link."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# A path segment this long is a link's token; whoever reads the logs could use it.
TOKEN = re.compile(r"(?<=/)[\w.~:-]{20,}")
ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# What the line belongs to: one request, or one run of a task.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class AddRequestId(logging.Filter):
    """Give each line the number of the request or task that it was written for."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class BlankTokens(logging.Filter):
    """Keep tokens and addresses out of what is written, whoever logs them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = blanked(record.getMessage()), ()
        return True


def blanked(text: str) -> str:
    return ADDRESS.sub("…@…", TOKEN.sub("…", text))


class TextFormatter(logging.Formatter):
    """Of a traceback, where it was and what kind of error: PostgreSQL tells in DETAIL the very values of a row."""

    def formatException(self, ei: Any) -> str:
        lines = super().formatException(ei).splitlines()
        told = [line for line in lines if not line.startswith("DETAIL:")]
        return "\n".join(line if line.startswith('  File "') else blanked(line) for line in told)


class JsonFormatter(TextFormatter):
    """One JSON object a line. Arguments outside the message (``extra``) are not written: they may hold a request."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
