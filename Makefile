# What a person types here. Works with GNU Make 3.81 and later (macOS has that one) and with -j.
# Everything is installed into .venv; nothing global is touched.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# make PYTHON=/path/to/python chooses another interpreter for .venv.
PYTHON :=

# Tests run on all cores, however many there are; `make test ARGS=...` says something else.
EVERY_CORE := -n auto --dist worksteal
SELECTED = $(if $(ARGS),$(ARGS),$(EVERY_CORE))
# Whole series, one after another, as long as it takes; CI makes a sample of each.
SERIES := LION_SERIES=whole $(PY) -m pytest -m slow -o faulthandler_timeout=0

.PHONY: help run serve test check soak crash fuzz bench plugins clean
.DEFAULT_GOAL := help

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)$$/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: $(VENV)/.runtime  ## run the research desk: three agents, three plugins, one refusal on purpose
	@$(PY) examples/research-desk/desk.py

serve: $(VENV)/.runtime  ## the research desk as a service with a page: three agents, one question to answer
	@$(PY) examples/research-desk/serve.py $(ARGS)

test: $(VENV)/.dev  ## run the fast test suite (more: make test ARGS="-m slow")
	@$(PY) -m pytest $(SELECTED)

check: $(VENV)/.dev  ## format, lint, types, import contracts, tests
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest $(SELECTED)

soak: $(VENV)/.dev  ## ten minutes of guests of all kinds at once, and ten thousand that wait (SECONDS=n: so long)
	@LION_SOAK_SECONDS=$(SECONDS) $(SERIES) $(ARGS) tests/endurance/test_soak.py tests/endurance/test_load.py \
	  tests/endurance/test_foreign.py \
	  tests/endurance/test_service_churn.py tests/endurance/test_flat.py

crash: $(VENV)/.dev  ## kill and interrupt runs at any moment, race for links, change bytes of the log (an hour)
	@$(SERIES) $(ARGS) tests/endurance/test_kills.py tests/endurance/test_desk_kills.py tests/endurance/test_service_kills.py \
	  tests/endurance/test_workflow_kills.py \
	  tests/endurance/test_resume_kills.py \
	  tests/endurance/test_signals.py tests/embedding/test_signals.py tests/log/test_log_processes.py tests/log/test_tampering.py tests/log/test_kept.py \
	  tests/attack/test_fs_attack.py tests/capabilities/fs/test_walk.py

fuzz: $(VENV)/.dev  ## random values: twenty times what CI makes, through guests of both languages (an hour; needs Node)
	@$(PY) -m pytest --hypothesis-profile=fuzz -m hypothesis -o faulthandler_timeout=0 $(SELECTED)
	@$(SERIES) $(ARGS) tests/toolchain/test_twins.py tests/toolchain/test_random_worlds.py

bench: $(VENV)/.dev  ## measure, against Extism, plain wasmtime and httpx2 (JSON=file writes the figures there)
	@$(PY) benchmarks/run.py $(if $(JSON),--json "$(JSON)")

plugins: $(VENV)/.runtime  ## build plugins-wasm from plugins-src, what has changed (needs Rust and Node)
	@$(VENV)/bin/lion build --locked $(ARGS) plugins-src

clean:  ## remove .venv and everything built here
	rm -rf $(VENV) build dist *.egg-info plugins-src/target plugins-src/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find lion tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is older than pyproject.toml when the requirements may have changed.
$(VENV)/.runtime: pyproject.toml | $(VENV)/bin/python
	@echo "installing lion into $(VENV)" >&2
	@$(PIP) install --editable .
	@touch $@

# Only the list, not lion again: with -j somebody may be running it.
$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	@echo "installing what tests and checks need into $(VENV)" >&2
	@$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["dev"], sep="\n")' >$(VENV)/dev.txt
	@$(PIP) install --requirement $(VENV)/dev.txt
	@touch $@

# Suitable: 3.11 or newer, not 3.14.0 or 3.14.1 (they may abort while a guest runs), able to make a venv.
# An environment that was not finished is made again.
$(VENV)/bin/python:
	@for python in $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3.14 python3 python); do \
	  if "$$python" -c 'import sys, venv, ensurepip; v = sys.version_info[:3]; sys.exit(v < (3, 11) or v in ((3, 14, 0), (3, 14, 1)))' >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$python" >&2; \
	    "$$python" -m venv --clear $(VENV) && exit 0; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo "error: no suitable Python: lion needs 3.11 or newer with venv, and not 3.14.0 or 3.14.1" >&2; \
	echo "       install one (Debian: apt install python3 python3-venv; macOS: brew install python)," >&2; \
	echo "       or name it: make PYTHON=/path/to/python3.12 run" >&2; \
	exit 1
