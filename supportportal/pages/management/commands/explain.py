"""``manage.py explain TOPIC …``: what the rules would decide for given facts, as JSON, without any database."""

import argparse
import json
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from supportportal import explain


class OneLineParser(CommandParser):
    """Bad input is one line on standard error and exit status 2, without the usage text."""

    def error(self, message: str) -> NoReturn:
        print(f"explain: {' '.join(message.split())}", file=sys.stderr)
        raise SystemExit(2)


class Command(BaseCommand):
    help = "Say what the rules would decide for given facts, as JSON. Touches no database."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = OneLineParser(prog=f"{prog_name} {subcommand}", description=self.help)
        self.add_base_argument(parser, "--traceback", action="store_true", help="Show the traceback of a failure.")
        parser.set_defaults(
            settings=None, pythonpath=None, verbosity=1, no_color=False, force_color=False, skip_checks=True
        )
        topics = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC", parser_class=OneLineParser)
        for topic in explain.all_topics():
            topic.configure(topics.add_parser(topic.name, help=topic.help, description=topic.help))
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        topic = next(topic for topic in explain.all_topics() if topic.name == options["topic"])
        try:
            answer = topic.answer(argparse.Namespace(**options))
        except (ValueError, OverflowError) as error:
            print(f"explain: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        self.stdout.write(json.dumps(answer))
