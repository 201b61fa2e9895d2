# Everything a contributor runs. Needs python3 (3.11 or newer, with venv), git and make; the rest goes into .venv.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
READY_ALL := $(VENV)/ready-all
# Clients of others, for tests and benchmarks: in a venv of their own, as their messages have the names of ours.
STRANGERS := $(VENV)/strangers
STRANGERS_READY := $(STRANGERS)/ready
STRANGERS_PINS := tests/strangers/pypi/requirements.txt
ARGS ?=
# Test processes at once; 0 runs all in one, for a debugger.
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check generate bench dist clean

help:  ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) $(STRANGERS_READY)  ## Create .venv with everything (the other targets do it themselves)

$(READY): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, $(PYTHON) is {v.major}.{v.minor}; name another: make PYTHON=...")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) has no venv module; install it (on Debian: apt install python3-venv)" >&2; exit 1; }
	@if $(BIN)/python -c 'import pip' 2>/dev/null; then echo "Updating $(VENV)"; \
		else echo "Creating $(VENV) with $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The large programs that some tests use the file system with; the others do without.
$(READY_ALL): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,fs-tests]'
	@touch $@

# Where they cannot be had, everything else works; the next run tries again.
$(STRANGERS_READY): $(STRANGERS_PINS) | $(READY)
	@echo "Creating $(STRANGERS)"
	@{ $(BIN)/python -m venv --clear $(STRANGERS) && \
		$(STRANGERS)/bin/python -m pip install --quiet --disable-pip-version-check --retries 1 --requirement $(STRANGERS_PINS) && \
		cp $(STRANGERS_PINS) $@; } || echo "cannot install $(STRANGERS_PINS): the tests that need it are skipped" >&2

demo: $(READY)  ## Send a real file through the real protocol into an emulated server
	$(BIN)/cd2 demo $(ARGS)

test: $(READY) $(STRANGERS_READY)  ## Run the tests, without the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-all: $(READY_ALL) $(STRANGERS_READY)  ## Run every test; brings pandas, pyarrow, dask and DuckDB
	$(BIN)/python -m pytest -n $(WORKERS) -m '' $(ARGS)

check: $(READY)  ## Lint, format, types, layers, generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/generate.py --check

generate: $(READY)  ## Write the generated files anew
	$(BIN)/python tools/generate.py

bench: $(READY) $(STRANGERS_READY)  ## Measure against the bare protocol, on this machine
	$(BIN)/python bench/run.py $(ARGS)

dist: $(READY)  ## Build wheel and sdist into dist/
	$(BIN)/python -m build

clean:  ## Remove .venv and everything built
	rm -rf $(VENV) build dist tests/strangers/node/generated tests/strangers/node/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
