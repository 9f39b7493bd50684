"""Log lines that a log collector can read without guessing."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# A path segment this long is a link's token; whoever reads the logs could use it.
TOKEN = re.compile(r"(?<=/)[\w.~:-]{20,}")
# What the line belongs to: one request, or one run of a task.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class AddRequestId(logging.Filter):
    """Give each line the number of the request or task that it was written for."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class BlankTokens(logging.Filter):
    """Keep the tokens of links out of what is written, whoever logs the path."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = TOKEN.sub("…", record.getMessage()), ()
        return True


class JsonFormatter(logging.Formatter):
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
