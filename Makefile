# Everything rests on one install; each target does its own set-up.
PYTHON ?= python3
PROGRAMME ?= economic-exclusion
VENV := .venv
BIN := $(VENV)/bin

SECOND_READER := tests/ics/node_modules/.package-lock.json

.PHONY: install demo test coverage lint docs bench bench-evidence bench-broker bench-assignments bench-visits lock clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Lodestar needs Python 3.11 or later: run make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	$(BIN)/lodestar demo --programme $(PROGRAMME)

# In the order of the folders: by number of tests those that play whole commissions, the longest, would come last.
test: install $(SECOND_READER)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Calendar files are also read by a program in JavaScript, where npm is there and finds it; without it those tests are skipped and say so.
$(SECOND_READER): tests/ics/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		npm ci --prefix tests/ics --silent --no-audit --no-fund --ignore-scripts --prefer-offline --fetch-retries=0 --fetch-timeout=20000 \
			>/dev/null 2>&1 && touch $@ || true; \
	fi

coverage: install $(SECOND_READER)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 85

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m app.reference --check

docs: install
	$(BIN)/python -m app.reference

bench: install
	$(BIN)/python -m bench

# Not as a module: the process that reads ahead would take it in again, with all that diagnosis needs, which it does below no command.
bench-evidence: install
	$(BIN)/python -c 'from bench.evidence import main; main()'

bench-broker: install
	$(BIN)/python -m bench.broker

bench-assignments: install
	$(BIN)/python -m bench.assignments

bench-visits: install
	$(BIN)/python -m bench visits

# Needs uv; writes hashes only, no addresses.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --group build -o requirements/base.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --group dev -c requirements/base.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) tests/ics/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage
