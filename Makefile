# Everything a newcomer needs: `make demo` and `make test` on a machine with Python 3.11+, make and a package registry.

PORT ?= 8000
SERVE ?= 1
PYTEST_ARGS ?=

VENV := .venv
INSTALLED := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
PY := $(VENV)/bin/python
MES_DATA ?= var

# Lint reads the code and talks to no server: these name servers that are never asked.
WITHOUT_SERVERS := SECRET_KEY=lint DATABASE_URL=postgresql:///lint REDIS_URL=redis://localhost/0
COMPILE := CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m piptools compile --quiet --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate pyproject.toml

# Without Python's bytecode cache every process compiles everything anew, and a start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean stop requirements

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

demo: $(COMPILED) ## Load both demo plants and serve them on 127.0.0.1 (PORT=8000; SERVE=0 loads only)
	@exec $(PY) manage.py demo --port $(PORT) $(if $(filter 0 no false,$(SERVE)),--no-serve)

test: $(COMPILED) ## Run every test; browser tests where Chromium is found (PYTEST_ARGS for more options)
	@exec $(PY) -m pytest --numprocesses auto --dist worksteal $(PYTEST_ARGS)

lint: $(INSTALLED) ## Check style, types, imports between the floors, and that no migration is missing
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(WITHOUT_SERVERS) $(PY) $(VENV)/bin/lint-imports
	$(WITHOUT_SERVERS) $(PY) manage.py makemigrations --check --dry-run
	$(WITHOUT_SERVERS) $(PY) -m mypy

bench: $(COMPILED) ## Measure the figures we claim and print them as a table
	@exec $(PY) -m bench

stop: ## Stop embedded servers that a killed command may have left behind
	@if [ -x $(PY) ] && [ -d $(MES_DATA) ]; then \
		$(PY) -m mes.embedded stop $(MES_DATA) && $(PY) -m mes.embedded stop $(MES_DATA)/test; \
	fi

clean: stop ## Remove the demo's data, the environment and every cache
	rm -rf var $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

requirements: $(INSTALLED) ## Pin requirements.txt and requirements-dev.txt anew from pyproject.toml
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

$(INSTALLED): requirements-dev.txt
	@bin/install $(VENV) requirements-dev.txt
	@touch $@

# The inner loops of scheduler, forecast and netting are compiled once, not by whoever plans first.
$(COMPILED): $(INSTALLED) production/compiling.py $(wildcard production/scheduling/kernel/*.py forecasting/methods/kernel/*.py forecasting/netting/kernel/*.py)
	@echo "Compiling the scheduler, the forecast and netting (once; a minute or so)"
	@$(PY) -m production.scheduling.kernel
	@$(PY) -m forecasting.methods.kernel
	@$(PY) -m forecasting.netting
	@touch $@
