# Every command of this project. `make demo CHECK=1` does all but serving; `make test ARGS="-k cube"` hands ARGS to pytest.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test lint format docs bundle bench scale large kill refresh spark setup lock build clean

BIN := .venv/bin
# Tests and demo start Python hundreds of times: where no bytecode is kept, each start compiles every library anew, which takes longer than all the rest.
export PYTHONDONTWRITEBYTECODE :=
SETUP := @scripts/bootstrap.sh
PINS := pip compile pyproject.toml --universal --python-version 3.12 --no-header --no-annotate --no-emit-index-url --quiet

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: ## sets up what is missing, loads the demo city, serves the dashboards
	@scripts/demo.sh

test: lint ## sets up what is missing, checks everything, runs every test
	$(SETUP) postgis spark
	@chromium=$$(scripts/bootstrap.sh chromium) && GCRM_CHROMIUM=$$chromium $(BIN)/python -m pytest $(or $(ARGS),--numprocesses=2 --dist=loadfile --no-loadscope-reorder)

lint: ## checks style, shell scripts, types and which room imports which
	$(SETUP) python
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/shellcheck scripts/*.sh .ci/run
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: ## brings the code into the style that lint checks
	$(SETUP) python
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

docs: ## writes docs/data_dictionary.md from the comments in the database
	$(SETUP) python postgis
	@$(BIN)/gcrm db dictionary > docs/data_dictionary.new
	@mv docs/data_dictionary.new docs/data_dictionary.md

bundle: ## builds what the map runs in the browser, dashboards/map_component/bundle/ (needs node 20 and npm)
	@cd dashboards/map_component && npm ci --silent && npm run --silent build

bench: ## measures each stage beside the plain tool
	$(SETUP) python postgis
	@$(BIN)/python -m benchmarks $(ARGS)

scale: ## measures the cubes at 1 to 100 million facts beside other tools, with readers; an hour
	$(SETUP) python postgis rivals
	@$(BIN)/python -m benchmarks.scale $(ARGS)

large: ## reads a text of 2 GB (ARGS=10000 for 10 GB) and holds the memory to 1 GiB
	$(SETUP) python
	@GCRM_LARGE_MEGABYTES=$(or $(ARGS),2000) $(BIN)/python -m pytest tests/unit/ingest/test_memory.py

kill: ## breaks import and geocoding off at a hundred random moments, the other commands too, and compares the end states
	$(SETUP) python postgis
	@GCRM_KILLS=100 $(BIN)/python -m pytest --timeout=0 --capture=no tests/integration/test_kill.py $(ARGS)

refresh: ## compares every row of a refreshed cube with one that is built anew, after every kind of change, the chosen cuboids too
	$(SETUP) python postgis
	@GCRM_EVERY_CHANGE=1 $(BIN)/python -m pytest --timeout=0 tests/integration/test_cube_refresh.py $(ARGS)

spark: ## builds the cube of the whole demo city with DuckDB and with Spark on a cluster that loses a worker, and compares every cuboid
	$(SETUP) python postgis spark
	@GCRM_SPARK_SCALE=1 $(BIN)/python -m pytest --capture=no tests/integration/test_spark.py $(ARGS)

setup: ## gets Python, the dependencies and PostgreSQL with PostGIS
	$(SETUP) python postgis

lock: ## pins the dependencies anew (ARGS=--upgrade for the newest), those of Spark and of the benchmarks' rivals in files of their own
	@"$$(scripts/bootstrap.sh uv)" $(PINS) --extra dev --extra splink --output-file requirements.txt $(ARGS)
	@for extra in spark rivals; do \
		"$$(scripts/bootstrap.sh uv)" $(PINS) --extra dev --extra splink --extra $$extra --constraint requirements.txt $(ARGS) \
			| grep --invert-match --line-regexp --fixed-strings --file requirements.txt > requirements-$$extra.txt; \
	done

build: ## makes the wheel and the source archive, in dist/
	$(SETUP) python
	@$(BIN)/python -m build --no-isolation

clean: ## removes all that these commands left in this folder; the database stays
	@rm -rf .venv .tools build dist dashboards/map_component/node_modules .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
