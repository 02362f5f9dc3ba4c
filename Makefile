# Everything a developer runs. `make help` lists it; CI runs `make test`.

# The first suitable interpreter found; say `make PYTHON=/path/to/python3 run` to choose another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The compiled modules, which are built where the package is installed.
KERNEL := $(wildcard $(foreach kind,pyx pxd pxi,ingest/*/*.$(kind) logstore/*/*/*.$(kind) query/*/*.$(kind)))
NPM_TESTS := tests/end_to_end/npm
NPM_READY := $(NPM_TESTS)/node_modules/.ready
GRAFANA := deploy/grafana/datasource
GRAFANA_READY := $(GRAFANA)/node_modules/.ready

.DEFAULT_GOAL := help
.PHONY: help run test lint format unit demo chart npm clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(READY) ## Start a server with its data in ./logstore-data
	$(BIN)/logstore serve

demo: $(READY) ## Watch it work: send 300,000 events, ask five questions, clean up
	$(BIN)/python -m benchmarks.demo

# What is installed comes over the network, while style and types take a processor.
test: ## Everything CI checks: lint, types, import floors, tests
	@$(MAKE) --no-print-directory --jobs=3 lint npm
	@$(MAKE) --no-print-directory unit

lint: $(READY) ## Style, types and import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Rewrite the sources in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

unit: $(READY) npm ## The tests alone
	# One more worker than processors: tests wait for processes and disks now and then.
	$(BIN)/pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal

chart: $(READY) ## Write what is generated of the Helm chart: README, schema of settings, snapshots
	$(BIN)/python -m tests.deploy.chart.generated

npm: ## Install the Node.js client that some tests send with, and what the Grafana plugin is built with
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(NPM_READY) $(GRAFANA_READY); \
	else echo "npm not found: the tests that send with Node.js clients and those of the Grafana plugin are left out"; fi

$(NPM_READY): $(NPM_TESTS)/package.json $(NPM_TESTS)/package-lock.json $(NPM_TESTS)/.npmrc
	cd $(NPM_TESTS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(GRAFANA_READY): $(GRAFANA)/package.json $(GRAFANA)/package-lock.json $(GRAFANA)/.npmrc
	cd $(GRAFANA) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Installed anew whenever the dependencies or the kernel change.
$(READY): pyproject.toml $(KERNEL)
	@test -n "$(PYTHON)" || { echo "Logstore needs Python 3.11 or newer, and none was found on PATH" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean: ## Remove what make made
	rm -rf $(VENV) $(NPM_TESTS)/node_modules $(GRAFANA)/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -f $(addsuffix *.c,$(sort $(dir $(KERNEL)))) $(addsuffix *.so,$(sort $(dir $(KERNEL))))
