# Two commands matter: `make book` computes and builds the book, `make test` proves it.
# Everything is installed into .venv and built below _build; both can be deleted at any time.
#
#   make book             environment, every chapter executed here, HTML; later runs only what changed
#   make test             style, import floors, unit, property and doc tests, notebooks, site, browser
#   make html             HTML from the stored outputs, in seconds
#   make outputs CH=name  execute one chapter (all without CH), store its outputs, renew the ledger
#   make pdf              the book as one file with bookmarks, printed from the stored outputs
#   make epub             the book as an e-book, from the stored outputs; needs pandoc
#   make serve            look at the built book on http://localhost:8000
#   make bench            the hot paths beside what a user would write instead
#   make test-variants    tests and notebooks again on other CPU code paths and thread counts
#   make clean            delete what was built (not .venv)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
INSTALLED := .venv/installed
STAGE := _build/stage
NOTEBOOKS := $(wildcard book/*.ipynb)
# These report on others and run after them: the last part of a chapter, then the status page.
REPORTS := book/pattern_evolution_methods.ipynb book/status.ipynb
CHAPTERS := $(filter-out $(REPORTS),$(NOTEBOOKS))
LIBRARY := $(shell find relu_book -name '*.py') data/claims.yml
SPHINX := -W -n --keep-going --quiet

# Figures and players as they are stored and published; nothing waits for a screen.
export RELU_BOOK_STATIC := 1
export MPLBACKEND := agg
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export JUPYTER_PLATFORM_DIRS := 1
# One thread a process: on a machine that does anything else, two of them wait for each other.
export OMP_NUM_THREADS ?= 1

.PHONY: help book html pdf epub outputs serve test lint unit notebooks site bench test-variants clean

help:
	@sed -n 's/^#   //p' Makefile

# ---- environment ---------------------------------------------------------------------------------
# torch goes first and alone: later packages then find it and never ask for another build of it.
# torchvision goes without its dependencies for the same reason.

$(INSTALLED): requirements.txt pyproject.toml
	@python=$$(for p in python3 python3.13 python3.12 python3.11; do \
	  $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	    2>/dev/null && { echo $$p; break; }; done) || true; \
	[ -n "$$python" ] || { echo "make: no Python 3.11 to 3.13 with venv was found; install one (Debian: apt install python3-venv)"; exit 1; }; \
	echo "== Environment: .venv from $$($$python --version); the first time takes minutes"; \
	$$python -m venv .venv
	$(BIN)/pip install --disable-pip-version-check $$(grep '^torch==' requirements.txt)
	$(BIN)/pip install --disable-pip-version-check --no-deps $$(grep '^torchvision==' requirements.txt)
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation -q -e .
	@touch $@

# ---- the book ------------------------------------------------------------------------------------

# One executed copy a chapter; make runs again only those whose source or library changed.
$(STAGE)/book/%.ipynb: book/%.ipynb book/execute.py $(LIBRARY) | $(INSTALLED)
	@$(BIN)/python book/execute.py $< --to $(STAGE)/book

$(STAGE)/book/pattern_evolution_methods.ipynb: $(filter $(STAGE)/book/pattern_evolution%,$(CHAPTERS:%=$(STAGE)/%))
$(STAGE)/book/status.ipynb: $(filter-out %/status.ipynb,$(NOTEBOOKS:%=$(STAGE)/%))

book: $(INSTALLED) $(NOTEBOOKS:%=$(STAGE)/%)
	@cp _config.yml _toc.yml $(STAGE)/
	@cp -R $(filter-out %.ipynb book/__pycache__,$(wildcard book/*)) $(STAGE)/book/
	@echo "== HTML"
	@rm -rf $(STAGE)/_build _build/html
	@$(BIN)/jupyter-book build $(STAGE) $(SPHINX) >_build/book.log 2>&1 || { cat _build/book.log; exit 1; }
	@mv $(STAGE)/_build/html _build/html
	@$(BIN)/python book/execute.py --summary _build/html

html: $(INSTALLED)
	@rm -rf _build/html _build/.doctrees && mkdir -p _build
	@$(BIN)/jupyter-book build . $(SPHINX) >_build/html.log 2>&1 || { cat _build/html.log; exit 1; }
	@$(BIN)/python book/execute.py --summary _build/html

# To take away; neither belongs to `make test`.
pdf epub: html
	@$(BIN)/python book/take_away.py $@ _build/html _build/relu-book.$@

outputs: $(INSTALLED)
	@$(BIN)/python book/execute.py $(if $(CH),book/$(CH).ipynb,$(CHAPTERS) $(REPORTS)) --to book
	@$(BIN)/relu-book claims

serve:
	@[ -d _build/html ] || { echo "make serve: nothing is built yet; run 'make book' or 'make html' first"; exit 1; }
	@echo "http://localhost:8000 (stop with Ctrl-C)" && python3 -m http.server 8000 --directory _build/html --bind 127.0.0.1

# ---- the tests -----------------------------------------------------------------------------------

PYTEST := $(BIN)/pytest

test: lint unit notebooks site
	@echo "== make test: all green (style, floors, unit, property and doc tests, notebooks, site)"

lint: $(INSTALLED)
	@echo "== Style and import floors"
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

unit: $(INSTALLED)
	@echo "== Unit, property and doc tests"
	$(PYTEST) -n 2 --dist loadfile relu_book tests/unit tests/properties

# Every chapter is executed once more and compared with what is stored: numbers, pictures, frames.
notebooks: $(INSTALLED)
	@echo "== Notebooks: executed and compared with their stored outputs, then the canary"
	$(PYTEST) -n 2 --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=600 -p tests.notebooks.pictures -W default $(NOTEBOOKS)
	$(PYTEST) tests/notebooks

site: html
	@echo "== The site, in a browser"
	RELU_BOOK_SITE=_build/html $(PYTEST) tests/site

test-variants: $(INSTALLED)
	@for capability in default avx2; do for threads in 1 2; do \
	  echo "== ATEN_CPU_CAPABILITY=$$capability, $$threads thread(s)"; \
	  ATEN_CPU_CAPABILITY=$$capability OMP_NUM_THREADS=$$threads $(BIN)/pytest -q tests/unit tests/properties; \
	  ATEN_CPU_CAPABILITY=$$capability OMP_NUM_THREADS=$$threads $(BIN)/pytest -q --nbval --nbval-current-env --nbval-cell-timeout=600 -p tests.notebooks.pictures -W default $(NOTEBOOKS); \
	done; done

bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .import_linter_cache
