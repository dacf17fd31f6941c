# make run · make test · make lint · make bench. Each installs what it needs into .venv first.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin

.PHONY: run test lint bench pictures clean

run: .venv/run
	$(BIN)/python -m dashboard serve --demo --port $(PORT)

test: .venv/dev lint
	tests/e2e/install-browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python -m bench

pictures: .venv/dev
	tests/e2e/install-browser
	$(BIN)/python docs/pictures.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache

.venv/run: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/run
