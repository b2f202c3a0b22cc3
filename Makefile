# Each target makes the virtual environment it needs. The versions in it are those of constraints.txt.
# Tests wait for sockets and files for a third of their time, so there are two workers more than processors.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
VERSION = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
PARALLEL = -n $(WORKERS) --dist loadscope
RUNNER = hypothesis pytest pytest-tornado setuptools

.DEFAULT_GOAL := help
.PHONY: help demo test check test-on test-bare nightly bench lint types docs format constraints clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/demo ## Serve the example application (ARGS="--port 9000", say)
	@$(BIN)/python -m example_app $(ARGS)

test: $(VENV)/test ## Run all tests and report uncovered lines (ARGS="-k signals", say)
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest $(PARALLEL) $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

check: lint types docs test ## Check everything that must hold before a change lands

test-on: ## Run the tests but the slow ones and those of random input on another Python (PYTHON=python3.13)
	@$(MAKE) --no-print-directory VENV=.venvs/$(VERSION) .venvs/$(VERSION)/test
	@.venvs/$(VERSION)/bin/python -m pytest $(PARALLEL) -m "not hypothesis and not slow and not nightly" $(ARGS)

test-bare: .venvs/bare ## Run the tests that need no extra, without extras
	@.venvs/bare/bin/python -m pytest -m "not hypothesis and not slow and not nightly" $(ARGS)

nightly: $(VENV)/test ## Run random sequences of requests, thousands of steps long, and all broken providers
	@$(BIN)/python -m pytest tests/promises --hypothesis-profile nightly $(ARGS)
	@$(BIN)/python -m pytest $(PARALLEL) tests/testing/conformance -m "" $(ARGS)

bench: $(VENV)/test ## Compare bzz with handlers written by hand (ARGS=sqlite, say)
	@$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/dev ## Check the style
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/dev ## Check the types
	@$(BIN)/mypy

docs: $(VENV)/docs ## Build the documentation into docs/_build
	@$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going docs docs/_build

format: $(VENV)/dev ## Put the code into shape
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

constraints: ## Renew constraints.txt from fresh environments, one for each Python of this machine
	@.ci/pythons | $(PYTHON) .ci/constraints.py

clean: ## Remove everything made, the example's data included
	rm -rf .venv .venvs .data docs/_build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venvs/bare: pyproject.toml constraints.txt
	@echo "Installing the package without extras into $@"
	@$(PYTHON) -m venv --clear $@
	@$@/bin/python $(PIP_INSTALL) .
	@cd $@ && bin/python -c "import bzz"
	@$@/bin/python $(PIP_INSTALL) $(RUNNER)
	@touch $@

$(VENV)/%: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what '$*' needs into $(VENV)"
	@$(BIN)/python $(PIP_INSTALL) --editable '.[$*]'
	@touch $@
