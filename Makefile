# Two commands: `make run` and `make test`. Everything else is for people who change the code.
UV_VERSION := 0.13.9
BIN := .venv/bin
# Everything: the journeys in a browser and the slow tests, too. A plain `pytest` leaves these out.
PYTEST_ARGS ?= -m ""
# Compiled modules are kept, whatever the environment says: without them every start compiles the product anew.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: run test lint bench bench-scoring lock format system system-test translations

run: .venv/runtime system translations
	@$(BIN)/flask serve

test: .venv/dev system system-test translations
	@$(BIN)/pytest $(PYTEST_ARGS)

lint: .venv/dev translations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/dev
	@$(BIN)/python -m bench

# DATA is a folder with credit data sets and their schema.json (docs/scoring.md); BENCH_ARGS for example --only speed.
bench-scoring: .venv/dev
	@$(BIN)/python -m bench.scoring $(DATA) --out docs/scoring.md $(BENCH_ARGS)

.venv/bin/uv:
	@python=$$(PYTHON="$(PYTHON)" sh bin/find-python) && echo "making .venv with $$python ..." && "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/runtime: requirements.txt | .venv/bin/uv
	@echo "installing the locked packages into .venv ..."
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/uv
	@echo "installing the locked packages into .venv ..."
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@ .venv/runtime

system:
	@sh bin/system-packages runtime

system-test:
	@sh bin/system-packages test

translations: .venv/runtime
	@$(BIN)/python translations/build.py

format: .venv/dev
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .

lock: .venv/bin/uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements-scale.in -o requirements-scale.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements-dev.in -o requirements-dev.txt
