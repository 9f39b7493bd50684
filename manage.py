#!/usr/bin/env python
"""Django's command line, with configuration errors told in one line."""

import json
import os
import sys

from django.core.exceptions import ImproperlyConfigured


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if sys.argv[1:2] == ["doctor"] and "--json" in sys.argv:
            problem = {"code": "settings", "text": f"The portal cannot start: {error}"}
            print(json.dumps({"ok": False, "problems": [problem], "warnings": []}, indent=2))
        else:
            print(f"The portal cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
