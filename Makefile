# Each target makes what it needs: a virtual environment in .venv, and in it the extras it uses.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check nightly bench lint types docs format clean

help: ## Say what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: .venv/demo ## Serve the example application (ARGS="--port 9000", say)
	@$(BIN)/python -m example_app $(ARGS)

test: .venv/test ## Run all tests, and say what they leave uncovered (ARGS="-k signals", say)
	@$(BIN)/python -m coverage run -m pytest $(ARGS)
	@$(BIN)/python -m coverage report

check: lint types docs test ## Everything that must hold before a change lands

bench: .venv/test ## Compare bzz with handlers written by hand (ARGS=sqlite, say)
	@$(BIN)/python -m benchmarks $(ARGS)

nightly: .venv/test ## Run the random sequences of requests, thousands of steps long
	@$(BIN)/python -m pytest tests/promises --hypothesis-profile nightly $(ARGS)

lint: .venv/dev ## Check the style
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/dev ## Check the types
	@$(BIN)/mypy

docs: .venv/docs ## Build the documentation into docs/_build
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build

format: .venv/dev ## Put the code into shape
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

clean: ## Forget everything made, the example's data included
	rm -rf .venv .data docs/_build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venv/%: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what '$*' needs into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
