# The two commands of the README, and what they are made of. Each step says what it does and about how long it takes
# on 2 cores, may be interrupted and repeated, and is skipped when done.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
STEP := @printf '\n\033[1m%s\033[0m\n'

.PHONY: help demo test lint format install clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed  ## the demo company's assistant in the browser; the first time about 5 minutes
	@scripts/llama_cpp.sh demo
	@$(BIN)/plumbline demo

test: $(VENV)/.test-ready  ## everything that the tests need, then all of them; the first time about 50 minutes
	@scripts/test.sh

lint: $(VENV)/.dev-installed  ## style, types and the arrows between rooms
	@scripts/test.sh lint

format: $(VENV)/.dev-installed  ## put the code into shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

install: $(VENV)/.installed  ## the virtual environment only

clean:  ## remove the virtual environment and the demo workspace; wheels and models stay in the cache folder
	rm -rf $(VENV) plumbline-demo

$(VENV)/bin/python:
	$(STEP) 'Making a virtual environment in $(VENV) (10 seconds)'
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + "; set PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(STEP) 'Installing Plumbline and the pinned packages it needs (1 to 2 minutes)'
	@$(PIP) --upgrade pip
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.installed
	$(STEP) 'Installing what development needs, torch included (1 to 2 minutes)'
	@$(PIP) "$$(grep -m1 '^torch==' constraints.txt)"
	@$(PIP) --editable '.[dev,gpu]'
	@touch $@

$(VENV)/.test-ready: $(VENV)/.dev-installed scripts/llama_cpp.sh scripts/chromium.sh scripts/tesseract.sh
	@scripts/llama_cpp.sh test
	@scripts/chromium.sh
	@scripts/tesseract.sh
	$(STEP) 'Fetching the models that the tests use (1.3 GB; 2 to 5 minutes, skipped when they are in the cache folder)'
	@$(BIN)/plumbline models pull --needed-for-tests
	@touch $@
