# Everything happens in .venv, which is made when it is first needed. A stamp says that it is up to date: a second call is instant.

TARGET ?=
ARGS ?=
RUN := .venv/bin
MADE_FOR_SCAN := $(RUN)/.made-for-scan
MADE_FOR_WORK := $(RUN)/.made-for-work

.PHONY: help scan setup test anchore-cli check bench-speed docs lock
.DEFAULT_GOAL := help

help:
	@echo 'make scan [TARGET=…]   look at this machine, or at TARGET (docker:alpine:3.19, archive:PATH, dir:PATH, …); needs no more than Python 3.11'
	@echo 'make test [ARGS=…]     all tests'
	@echo 'make anchore-cli       install the client that tests of its API run'
	@echo 'make check             format, lint, types, house rules, documents up to date'
	@echo 'make bench-speed       the speeds we hold ourselves to, measured'
	@echo 'make docs              make the generated pages of docs/reference anew'
	@echo 'make lock              choose the newest versions of all dependencies (requirements*.lock)'

scan: $(MADE_FOR_SCAN)
	@$(RUN)/hullwatch scan --fail-on never $(TARGET)

setup: $(MADE_FOR_WORK)

test: $(MADE_FOR_WORK)
	@$(RUN)/pytest -n 2 --dist loadfile $(ARGS)

anchore-cli: .venv-anchore/.made

.venv-anchore/.made: $(MADE_FOR_WORK) # in an environment of its own: it pins old libraries, and builds one of them with an old Cython
	@$(RUN)/python -m venv --clear .venv-anchore
	@echo 'cython<3' > .venv-anchore/constraints
	@PIP_CONSTRAINT=.venv-anchore/constraints .venv-anchore/bin/python -m pip install --quiet anchorecli==0.9.3 setuptools
	@touch $@

check: $(MADE_FOR_WORK)
	$(RUN)/ruff format --check
	$(RUN)/ruff check
	$(RUN)/mypy
	$(RUN)/pytest -q tests/test_house.py
	$(RUN)/python docs/generate.py --check

bench-speed: $(MADE_FOR_WORK)
	@$(RUN)/python benchmarks/speed.py $(ARGS)

docs: $(MADE_FOR_WORK)
	@$(RUN)/python docs/generate.py

lock: $(MADE_FOR_WORK)
	$(RUN)/python -m pip install --quiet uv
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) pyproject.toml --extra postgres --extra server --constraints requirements.lock --output-file requirements-server.lock
	$(LOCK) pyproject.toml --extra postgres --extra server --group dev --constraints requirements-server.lock --output-file requirements-dev.lock
	$(LOCK) --group build --output-file requirements-build.lock

LOCK := $(RUN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock'

$(MADE_FOR_SCAN): requirements.lock pyproject.toml
	@packaging/make-venv requirements.lock
	@touch $@

$(MADE_FOR_WORK): requirements-dev.lock pyproject.toml
	@packaging/make-venv requirements-dev.lock
	@touch $(MADE_FOR_SCAN) $@
