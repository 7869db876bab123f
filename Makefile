# The one menu. `make` alone prints it. Needed: git, make and Python >= 3.11.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help brief test lint types layers bench lock format clean
SHELL := /bin/sh

BOOK ?= openai-2025
PAGE ?= brief.html
JOBS ?= 2

# The first that is new enough and really runs; a version manager may leave names that only fail.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo "$$python"; break; }; done)

BIN := .venv/bin
READY := .venv/.ready

# What a person has set for other projects must not move or change what is installed here.
# How to reach an index (address, proxy, certificate, folder of wheels) is left as it is.
unexport PIP_CONSTRAINT PIP_DRY_RUN PIP_EDITABLE PIP_NO_BINARY PIP_NO_DEPS PIP_ONLY_BINARY PIP_PRE PIP_PREFIX
unexport PIP_PYTHON PIP_REQUIREMENT PIP_ROOT PIP_TARGET PIP_USER PIP_NO_BUILD_ISOLATION
unexport UV_BUILD_CONSTRAINT UV_CONSTRAINT UV_EXCLUDE_NEWER UV_NO_BINARY UV_NO_BUILD_ISOLATION UV_OVERRIDE
unexport UV_PRERELEASE UV_PYTHON UV_RESOLUTION UV_SYSTEM_PYTHON UV_TARGET UV_PREFIX UV_TORCH_BACKEND
unexport CONDA_PREFIX PYTHONHOME PYTHONPATH VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## print this menu
	@echo "Offtake: plan, price and stress-test the sourcing of AI compute."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo
	@echo "Each works alone: the first one run makes .venv from requirements.lock."

brief: $(READY)  ## write one page on a book: BOOK=openai-2025 PAGE=brief.html
	$(BIN)/offtake brief $(BOOK) -o $(PAGE)

test: $(READY)  ## lint, types, layers, then every test
	@failed=0; \
	$(MAKE) --no-print-directory -k lint types layers || failed=1; \
	$(BIN)/pytest -n $(JOBS) || failed=1; \
	exit $$failed

lint: $(READY)  ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY)  ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(READY)  ## mypy, strict, on the package
	$(BIN)/mypy

layers: $(READY)  ## import-linter: who may import whom
	$(BIN)/lint-imports

bench: $(READY)  ## time every benchmark, one after the other
	@for script in benchmarks/*.py; do echo "$$script"; $(BIN)/python $$script || exit 1; echo; done

lock: $(READY)  ## resolve requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --quiet --upgrade --universal \
		--python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock
	@! grep -n '://' requirements.lock || { echo "requirements.lock must hold no address." >&2; exit 1; }

clean:  ## remove .venv, caches and built files
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist brief.html
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock
	@"$(PYTHON)" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Offtake needs Python 3.11 or newer with its venv module; $(if $(PYTHON),$(PYTHON) is not one,none was found on the path). Name one: make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| "$(PYTHON)" -m venv --clear .venv
	@echo "Installing requirements.lock into .venv ..."
	@awk '/^[a-z]/ { uv = /^uv==/ } { print > (uv ? ".venv/uv.txt" : ".venv/rest.txt") }' requirements.lock
	@{ $(BIN)/python -m pip install -qq --no-user --require-hashes -r .venv/uv.txt \
		&& $(BIN)/uv pip install -qq --python $(BIN)/python --require-hashes -r requirements.lock; } \
		|| { echo "uv could not do it; pip takes over, which is slower."; \
		$(BIN)/python -m pip install -qq --no-user --require-hashes -r .venv/rest.txt; }
	@$(BIN)/python -m pip install -qq --no-user --no-deps --no-build-isolation --no-index -e .
	@touch $@
