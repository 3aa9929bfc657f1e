# SPDX-License-Identifier: Apache-2.0
# Every command begins with its set-up, so that each works on a bare machine.
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo demo-large static test check soak bench lock

PYTHON := .venv/bin/python
# The folders that hold Python of ours; mypy refuses one that holds none.
SOURCES := $(foreach place,src tests verifier benchmarks soak scripts hatch_build.py,\
	$(if $(shell find $(place) -name '*.py' -print -quit 2>/dev/null),$(place)))

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: ## install what a lab needs, into .venv
	@scripts/setup.sh lab

setup-tests: ## install what the checks and the tests need besides
	@scripts/setup.sh tests

demo: setup ## open a lab with two real releases; SOURCE=path-or-archive where there is no network
	@$(PYTHON) -m scripts.demo $(if $(SOURCE),--source "$(SOURCE)")

demo-large: setup ## the same with Debian's linux-source
	@$(PYTHON) -m scripts.demo --large $(if $(SOURCE),--source "$(SOURCE)")

static: setup-tests ## format, lint, types, import contracts, missing migrations
	@scripts/static.sh $(SOURCES)

# A process more than cores, for a test often waits; each has a server and files of its own, and a file's tests stay together. the longest first as
# tests/conftest.py has them.
test: setup-tests ## every test, on SQLite and on PostgreSQL; ARGS goes to pytest
	@$(PYTHON) -m pytest --numprocesses=$$(($$(nproc) + 1)) --maxprocesses=5 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: static test ## what CI runs

soak: setup-tests ## the long repetitions of the fault tests
	@$(PYTHON) -m pytest soak $(ARGS)

bench: setup-tests ## measure against the peers; SUBJECTS="intake pages", ARGS="--quick"
	@for subject in $(or $(SUBJECTS),intake pages readingroom ledger search symbols); do $(PYTHON) -m benchmarks.$$subject $(ARGS) || exit 1; done

lock: setup-tests ## lock the newest versions that requirements/*.in allow; UPGRADE=--upgrade takes newer ones
	@scripts/lock.sh $(UPGRADE)
