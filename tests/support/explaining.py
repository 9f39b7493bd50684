"""``manage.py explain`` in this process, where a database may not be touched, and in one of its own."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass

from django.core.management import ManagementUtility

COMMAND = ["manage.py", "explain"]


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def explain(*arguments: str) -> Done:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            ManagementUtility([*COMMAND, *arguments]).execute()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Done(code, out.getvalue(), err.getvalue())


def explain_apart(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a person starts it."""
    command = [sys.executable, *COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
