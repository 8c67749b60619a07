# TradeEngine. `make run` starts the venue, `make test` tests it; each makes the environment it needs.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: run demo install install-dev test fuzz check format bench lock clean help

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: install     ## start the venue with the demo profile, on its journal under var/
	$(BIN)/tradeengine run --config config/demo.yaml

demo: install    ## the venue with simulated participants, live in the terminal
	$(BIN)/tradeengine demo

install: $(INSTALLED)        ## the environment .venv from the lock file

install-dev: $(INSTALLED_DEV)

$(VENV)/bin/python:
	scripts/make-venv.sh $(VENV)

$(INSTALLED): $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

test: install-dev    ## all tests; installs what they need first
	scripts/install-test-tools.sh
	$(BIN)/python -m pytest -rs $(ARGS)

fuzz: install-dev    ## mutated messages for every parser of clients' bytes, ten million for the binary gateway
	scripts/install-test-tools.sh
	FUZZ=whole $(BIN)/python -m pytest tests/fuzz $(ARGS)

check: install-dev   ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev  ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev   ## every benchmark, each beside its floor
	$(BIN)/python -m benchmarks

lock:                ## renew the lock files from pyproject.toml's bounds
	scripts/lock.sh

clean:               ## the environment and caches; var/ (the journal) stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
