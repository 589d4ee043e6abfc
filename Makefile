# The front door. `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Options for `eventline up`, pytest and the benchmark.
UP ?=
ARGS ?=
TESTS ?= tests
WORKERS ?= 2

NODE := tests/node/node_modules/.package-lock.json
SOURCES := libs/common services cli tests tools
PACKAGES := libs/common/eventline_common $(wildcard services/*/eventline_*) cli/evcli tests tools
CHECK_PYTHON := import sys; sys.exit(sys.version_info < (3, 11) and "Eventline needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command "make lock" pyproject.toml requirements/build.in

.DEFAULT_GOAL := help
.PHONY: help up status test test-api test-kubernetes programs check fmt openapi bench chaos proofs migration evcli lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(VENV)/.all ## start everything on this machine (options: make up UP="--data-directory ~/eventline")
	@exec $(BIN)/eventline up $(UP)

status: $(VENV)/.all ## show what runs (options: UP)
	@exec $(BIN)/eventline status $(UP)

test: $(VENV)/.dev $(NODE) ## run the tests (some of them: make test TESTS=tests/unit; options of pytest: ARGS)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --ignore tests/bench $(TESTS) $(ARGS)

test-kubernetes: $(VENV)/.dev ## run the contract of the kubernetes runner against the cluster of KUBECONFIG (IMAGE=busybox:1.36, NAMESPACE)
	@test -n "$(IMAGE)" || { echo "name an image with a shell: make test-kubernetes IMAGE=busybox:1.36" >&2; exit 1; }
	EVENTLINE_TEST_KUBERNETES_IMAGE=$(IMAGE) EVENTLINE_TEST_KUBERNETES_NAMESPACE=$(or $(NAMESPACE),default) \
		$(BIN)/pytest tests/contract/runners -k kubernetes $(ARGS)

check: $(VENV)/.dev ## lint, format, types, imports
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports

test-api: $(VENV)/.dev ## ask the API some 7 000 things that its document allows and forbids; page through 100 000 executions (ARGS)
	$(BIN)/python -m tests.contract.api.fuzzing $(ARGS)
	EVENTLINE_TEST_EXECUTIONS=100000 $(BIN)/pytest tests/contract/api/test_paging.py

openapi: $(VENV)/.dev ## write docs/reference/openapi.json anew
	$(BIN)/python -m eventline_api.openapi > docs/reference/openapi.json

fmt: $(VENV)/.dev ## format, and correct what can be corrected
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.dev ## measure and print a table (options: ARGS)
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(VENV)/.dev ## 60 seeded histories of load and faults, then the proof (an hour; make chaos ARGS="--seed 7 --histories 1")
	$(BIN)/python -m tests.chaos $(ARGS)

proofs: $(VENV)/.dev ## show what the engine promises, large (10 minutes; some of them: make proofs ARGS=large-output)
	$(BIN)/python -m tests.proofs $(ARGS)

migration: $(VENV)/.dev ## begin a migration (make migration NAME=add_something)
	$(BIN)/python tools/new_migration.py "$(NAME)"

evcli: $(VENV)/.all ## build the command line client as a single file, dist/evcli
	$(BIN)/python cli/build_zipapp.py --output dist/evcli

lock: $(VENV)/.dev ## choose newest versions again and write requirements/*.txt
	$(INSTALL) uv
	$(LOCK) --upgrade --extra all --output-file requirements/all.txt
	$(LOCK) --upgrade --extra all --extra dev --constraint requirements/all.txt --output-file requirements/dev.txt

programs: $(BIN)/python ## compile what the kubernetes runner brings into its containers
	$(BIN)/python tools/build_pod_programs.py

clean: ## remove the environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks build dist
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# What tests need from npm; without npm they say what they miss.
$(NODE): tests/node/package-lock.json
	@{ command -v npm >/dev/null && cd tests/node && npm ci --silent; } || echo "npm is missing or failed: some tests will be skipped"

# The environment: installed anew only when the locked requirements have changed. `.dev` holds `.all` too.
$(BIN)/python:
	@$(PYTHON) -c '$(CHECK_PYTHON)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.all: requirements/all.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements/all.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements/dev.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(VENV)/.all $@
