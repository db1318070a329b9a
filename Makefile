# One place for the commands that people and CI run. `make test` installs what it needs and says so.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup lab lint types format test check demo screenshots locale clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/.ready: pyproject.toml
	@echo "Creating $(VENV) with $$($(PYTHON) --version), kgo-tui and its development dependencies"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(BIN)/.ready ## a virtual environment with everything that Python needs

lab: setup ## Docker Engine, Compose v2, a registry and a VPS in a box for the tests (Debian, as root)
	@$(BIN)/python -m tests.lab.install

lint: setup ## ruff: style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: setup ## mypy, strict
	@$(BIN)/mypy

format: setup ## rewrite the code in the house's format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

# Elsewhere than in CI a machine without the lab's parts still runs the rest; the skips are counted aloud.
test: setup ## every test; installs the lab where it can
	@$(BIN)/python -m tests.lab.install || test "$$CI" != true
	@$(BIN)/pytest -n $(JOBS) --dist loadgroup

check: lint types test ## what CI runs

# Where the lab cannot be installed the demo plays a host instead, and says so.
demo: setup ## the console on a running sandbox: real containers, commits that arrive, some of them bad
	@$(BIN)/python -m tests.lab.install || true
	@$(BIN)/kgo-tui demo

screenshots: setup ## the pictures of the console in screenshots/
	@$(BIN)/python -m kgo_tui.demo.scenario.pictures screenshots

locale: setup ## the translations brought up to date with the code; names what has none
	@$(BIN)/python -m tests.console.catalog

clean: ## remove what the other targets made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
