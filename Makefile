# The verbs. Each sets up what it needs first: a venv in .venv, the extension in it.
# PYTHON=python3.13 chooses the interpreter; CARGO and pip settings are yours and kept.
SETUP := sh scripts/setup.sh
RUN := .venv/bin/python
TOOLCHAINS := $(shell sh scripts/rustup_home.sh)
ifneq ($(TOOLCHAINS),)
export RUSTUP_HOME := $(TOOLCHAINS)
endif

.PHONY: help build demo test lint bench conformance software deep
help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: ## a tutorial's program under plain Python and under ropewalk, and what got faster
	@$(SETUP) build
	@$(RUN) scripts/demo.py

build: ## the extension, built and put into .venv
	@$(SETUP) build

test: ## all tests: Rust, loom models, Python
	@$(SETUP) dev
	@$(RUN) scripts/run_tests.py

lint: ## formatting, lints, types, stubs, the tree's own rules
	@$(SETUP) dev
	@$(RUN) scripts/lint.py

bench: ## the same operations on the standard library and on ropewalk, with ratios
	@$(SETUP) build
	@$(RUN) -m benches.python $(BENCH_ARGS)

conformance: ## CPython's own tests on ropewalk, quick selection
	@$(SETUP) dev
	@$(RUN) tests/cpython/run.py --group queue threading futures-threads users asyncio-loop asyncio-above --quick --doubts -j2

software: ## aiohttp, uvicorn, redis and others on ropewalk, and some projects' own tests
	@$(SETUP) dev
	@$(RUN) tests/software/run.py && $(RUN) tests/software/compare.py
	@$(RUN) tests/software/suites.py --quick

deep: ## what takes long: deeper loom, sanitizers, miri, 50 stress rounds, all of conformance
	@$(SETUP) dev
	@$(RUN) scripts/deep.py
