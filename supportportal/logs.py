"""Log lines that a log collector can read without guessing."""

import json
import logging
import re
from datetime import UTC, datetime

# A path segment this long is a link's token; whoever reads the logs could use it.
TOKEN = re.compile(r"(?<=/)[\w.~:-]{20,}")


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
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
