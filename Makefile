# What each target needs is set up by the target itself. Needed beforehand: make and Python 3.11 or newer.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
UV_VERSION := 0.13.9
UV := .tools/bin/uv
VENV := .venv
RUN := $(VENV)/bin
export UV_NO_PROGRESS := 1
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench faults picture fuzz audit sbom release clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(VENV)/.ready ## set up, start nothing

run: $(VENV)/.ready ## set up and start the service on port 3000
	@$(RUN)/hourmill serve

test: $(VENV)/.ready ## set up and run every test
	$(RUN)/pytest -n 3 --dist worksteal  # many tests wait more than they work

check: $(VENV)/.ready ## format, lint, types, layers
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

format: $(VENV)/.ready ## put the code into the house format
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

bench: $(VENV)/.ready ## measure speed and memory beside their floors
	@$(RUN)/python -m bench

ROUNDS ?= 3
SEED ?= 1
CLASSES ?= ABCDEFGHabe
FIRST ?= 0
STRIKES ?= 1
MUTANT ?=
faults: $(VENV)/.ready ## hunt for a lost or doubled view: ROUNDS, CLASSES, SEED, FIRST, STRIKES, MUTANT
	@$(RUN)/python -m tests.faults --rounds $(ROUNDS) --classes $(CLASSES) --seed $(SEED) --first $(FIRST) --strikes $(STRIKES) $(if $(MUTANT),--mutant $(MUTANT))

picture: $(VENV)/.ready ## take the README's picture of the dashboard anew
	@$(RUN)/python -m tests.browser.picture

MINUTES ?= 3
fuzz: $(VENV)/.ready ## fuzz every reader of bytes from outside: MINUTES for each
	@$(UV) sync --frozen --inexact --quiet --group fuzz
	@$(RUN)/python -m tests.fuzz $(MINUTES)

DIST ?= dist
audit: $(UV) ## ask osv.dev whether a hole is known in what we stand on
	$(UV) audit --locked --no-dev

sbom: $(UV) ## what we stand on, as CycloneDX, into dist
	@mkdir -p $(DIST)
	$(UV) export --locked --no-dev --format cyclonedx1.5 --quiet --output-file $(DIST)/hourmill.cdx.json

release: check audit sbom ## wheel, source archive and SBOM into dist
	$(UV) build --out-dir $(DIST)

clean: ## remove what the other targets made
	rm -rf $(VENV) .tools bench/results tests/browser/results .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(UV):
	@test -n "$(PYTHON)" || { echo "Hourmill needs Python 3.11 or newer on the PATH (or: make PYTHON=/path/to/python3.11)." >&2; exit 1; }
	@$(PYTHON) -m venv .tools || { echo "No venv module: on Debian or Ubuntu, apt-get install python3-venv." >&2; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.ready: $(UV) pyproject.toml uv.lock
	@$(UV) sync --frozen --quiet --python "$$(command -v $(PYTHON))"
	@touch $@
