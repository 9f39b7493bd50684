.DEFAULT_GOAL := help
.PHONY: help run demo-reset start-empty owner test check rehearse storm soak bench pictures messages format
.SILENT:

PORT ?= 8000
export PORT
# The demo is always the embedded one: what .env says of a real database or provider is not for it.
DEMO := env -u DATABASE_URL -u REDIS_URL -u EMAIL_URL ENV_FILE= DEMO=1
# So is the empty one, with data of its own.
EMPTY := env -u DATABASE_URL -u REDIS_URL -u EMAIL_URL ENV_FILE= DEMO=0 VAR_DIR="$(CURDIR)/var/empty"
PYTEST := .venv/bin/python -m pytest
ORDINARY := -n auto --maxprocesses=4 --dist worksteal -m "not e2e and not storm and not rehearsal and not endurance"

help:  ## what there is
	sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 \t\2/p' Makefile | expand -t 20

run:  ## start the portal with demo data (PORT=8000)
	.ci/environment
	exec $(DEMO) .venv/bin/python manage.py runportal --end-with-parent

demo-reset:  ## make the demo data anew
	.ci/environment
	$(DEMO) .venv/bin/python manage.py migrate --verbosity=0
	$(DEMO) .venv/bin/python manage.py demo_reset
	echo "The demo starts anew. To see it: make run"

start-empty:  ## start the portal without demo data, in var/empty; the demo stays as it is
	.ci/environment
	exec $(EMPTY) .venv/bin/python manage.py runportal --end-with-parent

owner:  ## make the first person who may sign in to the portal of start-empty
	.ci/environment
	$(EMPTY) .venv/bin/python manage.py migrate --verbosity=0
	exec $(EMPTY) .venv/bin/python manage.py createsuperuser

test:  ## all tests: SQLite, PostgreSQL with Redis, races, real browser
	.ci/environment dev
	.ci/browser
	TEST_DB=sqlite $(PYTEST) $(ORDINARY)
	TEST_DB=postgresql $(PYTEST) $(ORDINARY)
	.ci/together "TEST_DB=sqlite $(PYTEST) -m storm --timeout=900" "TEST_DB=postgresql $(PYTEST) -m storm --timeout=900"
	TEST_DB=sqlite $(PYTEST) -n auto --maxprocesses=2 --dist worksteal -m e2e

check:  ## style, types, settings, arrows, translations
	.ci/environment dev
	.ci/check

rehearse:  ## what docker-compose.yml starts, without Docker: the main way, faults under load, an orderly end
	.ci/environment dev
	$(PYTEST) -m rehearsal -s --timeout=900

storm:  ## races and kills with the full counts (long)
	.ci/environment dev
	STORM=full TEST_DB=sqlite $(PYTEST) -m "storm or history" --timeout=7200
	STORM=full TEST_DB=postgresql $(PYTEST) -m "storm or history" --timeout=7200
	$(PYTEST) tests/endurance/test_rivals.py -s --timeout=7200

soak:  ## the production set-up under a steady load for half an hour (SOAK_MINUTES): memory stays flat
	.ci/environment dev
	$(PYTEST) tests/endurance/test_soak.py -s --timeout=14400

bench:  ## what the performance claims rest on: docs/figures.md (ONLY=slot_page, QUICK=1)
	.ci/environment dev
	.venv/bin/python -m benchmarks $(ONLY) $(if $(QUICK),--quick)

pictures:  ## make the pictures of the manuals anew (docs/pictures)
	.ci/environment dev
	.ci/browser
	PICTURES=1 TEST_DB=sqlite $(PYTEST) tests/e2e/test_pictures.py

messages:  ## bring the translations up to the source, and compile them
	.ci/environment dev
	.venv/bin/python manage.py makemessages -l it -l nl --no-location --ignore=.venv --ignore=var --ignore=tests
	.venv/bin/python manage.py compilemessages -l it -l nl --ignore=.venv

format:  ## bring code and templates into shape
	.ci/environment dev
	.venv/bin/ruff check --fix --quiet . && .venv/bin/ruff format --quiet .
	find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} + || true  # 1 means: did something
