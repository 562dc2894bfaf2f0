# Everything you do with Qingdan. Every target sets itself up first: Python 3.11+ and make are enough.
PYTHON ?= python3
SEED ?= 1
MINUTES ?= 1
PART ?=
export MAKECMDGOALS

BIN := .venv/bin
RUN := $(BIN)/python
SOURCES := services shared clients migrations deploy tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help setup demo up test lint bench faults trace migrate roles restore-drill containers-check image image-lock api-docs check-migrations lock clean

help: ## this text
	@echo "Qingdan: one change, every list follows, nothing lost."
	@echo
	@echo "  New here?  make demo     Working on it?  make test lint     Running it?  make up"
	@echo
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.13          the Python that makes .venv (to change it later: make clean first)"
	@echo "  QINGDAN_DATABASE_URL=...   your own Postgres instead of the embedded one"
	@echo "  QINGDAN_REDIS_URL=...      your own Redis or Valkey instead of the embedded one"
	@echo "  QINGDAN_STATE_DIR=...      where the embedded servers keep their data (default: .state)"

setup: ## make .venv and install the locked packages; done in a moment when nothing changed
	@$(PYTHON) deploy/bootstrap.py

demo: setup ## tell the story: real permits, one change, every list follows, inside and outside; under 4 minutes (STAY=1: goes on running)
	@$(RUN) -m deploy.demo.run $(if $(STAY),--stay)

up: setup ## start the whole system here and leave it running until Ctrl-C
	@$(BIN)/qingdan up

test: setup ## all tests on real servers, part by part; one part: make test PART=unit
	@$(RUN) -m tests.parts $(PART)

lint: setup ## ruff, mypy strict, and the import rules of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measure each figure beside its limit program; reports, never asserts
	@$(RUN) -m benchmarks.run

faults: setup ## kill processes by seed and prove nothing is lost: make faults SEED=7 MINUTES=5
	@$(RUN) -m tests.faults.run --seed $(SEED) --minutes $(MINUTES)

restore-drill: setup ## dump under load, restore into a fresh cluster, go on, nothing lost
	@$(RUN) -m tests.faults.restore_drill

trace: setup ## which requirement is proved by which test, from the last test run
	@$(RUN) -m tests.trace

migrate: setup ## bring the database to the newest schema
	@$(BIN)/qingdan migrate

roles: setup ## create the database roles, one per service
	@$(BIN)/qingdan roles

check-migrations: setup ## fail when the table definitions and the migrations differ
	@$(BIN)/qingdan check-migrations

containers-check: setup ## check image, compose and Kubernetes files without an engine
	@$(RUN) -m tests.parts deploy

image: ## build the container image with buildah, podman or docker, and start it once
	@deploy/build-image

image-lock: setup ## write which of the locked packages an image needs
	@$(RUN) deploy/runtime_lock.py

api-docs: setup ## write the OpenAPI documents of the services and the AsyncAPI document of the events
	@$(BIN)/qingdan api-docs

lock: setup ## pin the newest packages that pyproject.toml allows, with hashes, into requirements.lock
	@test -x .state/lock/bin/uv || { $(RUN) -m venv .state/lock && .state/lock/bin/pip install --quiet uv; }
	.state/lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock
	@rm -f .venv/.set-up && $(MAKE) --no-print-directory image-lock

clean: ## stop the embedded servers; remove .venv, .state and every cache
	@test ! -x $(RUN) || $(RUN) -m deploy.clean
	rm -rf .venv .venv.lock .state .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(wildcard $(SOURCES)) -name __pycache__ -type d -prune -exec rm -rf {} +
