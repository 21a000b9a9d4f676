# What people and CI both run. Needs Python 3.9+ and Rust (cargo with rustfmt and clippy); everything else is installed here.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MATURIN := PIP_QUIET=1 $(BIN)/maturin develop --quiet

# How many tests run at once: most wait for a server or a clock, so thrice as many as there are processors.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(3 * (os.cpu_count() or 1))")

.PHONY: run setup test check build profiled docs site lint types rust-test python-test test-long test-oldest test-servers test-sharing test-engines differential names shim tsan miri soak bench bench-compare audit changelog wheel clean contract fuzz test-matrix coverage mutants

## The main job: build and run the demo (a minute on a new machine).
run: build
	$(BIN)/python -m kameleoon demo

## A checkout that an editor is ready for: environment, build, rust-analyzer, type checkers, the hook before a commit.
setup: build $(VENV)/installed
	rustup component add rust-analyzer rust-src rustfmt clippy || echo "no rustup: rust-analyzer comes with your editor"
	$(BIN)/python -m pip install --quiet --group audit pre-commit
	$(BIN)/pre-commit install

## What to run before a commit (CONTRIBUTING.md says what takes how long); CI runs test-long and others beside it.
test: lint build types rust-test python-test

## Format, lint, types and tests of one file, in seconds: make check FILE=python/kameleoon/_lanes.py
check: $(VENV)/installed build
	$(BIN)/python -m tests.check $(FILE)

# What a build needs, and no more.
$(VENV)/made: Makefile
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group build
	touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev --group samples
	touch $@

SOURCES := $(shell find rust/src -name '*.rs') rust/build.rs rust/Cargo.toml rust/Cargo.lock pyproject.toml

build: $(VENV)/built

$(VENV)/built: $(VENV)/made $(SOURCES)
	$(MATURIN) --profile plain
	rm -f $(VENV)/profiled
	touch $@

# What wheels are and what is measured: optimized as a whole, and guided by a profile of benches/training.py where rustup has
# llvm-profdata. Evaluations take a third to two thirds of the plain build's time, and the build five minutes. PGO= does
# without the profile.
PGO ?= 1
PROFILED = $(if $(PGO),$(shell rustup component add llvm-tools >/dev/null 2>&1 && echo --pgo))

## Puts the build that wheels have in the place of the plain one.
profiled: $(VENV)/profiled

$(VENV)/profiled: $(VENV)/made $(SOURCES) benches/training.py
	$(MATURIN) --release $(PROFILED)
	touch $(VENV)/built $@

## The pages of docs/ that are made from the code.
docs: build $(VENV)/installed
	$(BIN)/python docs/write_configuration.py
	$(BIN)/python -m docs.builder.draw

$(VENV)/docs-installed: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

## The site, in .site/html: docs/, the reference from the docstrings, what they link to. A broken link is an error.
## Its builder needs Python 3.11. Read it with `python3 -m http.server --directory .site/html`.
site: build $(VENV)/docs-installed
	$(BIN)/python -m docs.builder
	$(BIN)/python -m zensical build --strict --clean --config-file .site/zensical.toml
	$(BIN)/python -m docs.builder.check .site/html

lint: $(VENV)/installed
	cd rust && cargo fmt --check
	cd rust && cargo clippy --quiet --all-targets -- -D warnings
	PYO3_PYTHON=$(abspath $(BIN)/python) sh -c 'cd rust && cargo clippy --quiet --all-targets --features python -- -D warnings'
	cd rust && RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: build $(VENV)/installed
	$(BIN)/mypy
	$(BIN)/pyright
	MYPYPATH=python $(BIN)/python -m mypy.stubtest kameleoon._native
	$(BIN)/python -m tests.typing.completeness

rust-test:
	cd rust && cargo test --quiet
	cd rust && ! cargo tree --edges normal | grep -q pyo3 # the core knows no Python

# `make test-servers`, `make test-sharing`, `make test-engines` and `make test-long` run the others. Benchmarks have no place beside other tests.
PYTEST = $(BIN)/python -m pytest -p no:benchmark --ignore tests/servers --ignore tests/sharing \
	--ignore tests/engines
python-test: build $(VENV)/installed
	$(PYTEST) -m "not long and not alone" --numprocesses $(WORKERS)
	$(PYTEST) -m "alone and not long"

## The tests that take long, or much work, and fail rarely (7 minutes).
test-long: build $(VENV)/installed
	$(PYTEST) -m "long and not alone" --numprocesses $(WORKERS)
	$(PYTEST) -m "long and alone"

# uWSGI and mod_wsgi are compiled: where that fails their tests are skipped. The old one is the last with Python's threads off by default.
$(VENV)/servers-installed: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group servers
	$(BIN)/python -m pip install --quiet --group uwsgi || echo "uWSGI cannot be built here"
	$(BIN)/python -m pip install --quiet --group mod_wsgi || echo "mod_wsgi cannot be built here"
	$(BIN)/python -m pip install --quiet --target $(VENV)/uwsgi-2.0.26 --upgrade uwsgi==2.0.26 || echo "nor uWSGI 2.0.26"
	touch $@

# The rows of the matrix that most people have.
USUAL := (gunicorn and not max-requests and not uvicorn and not opentelemetry and not ddtrace) or (Celery and prefork and not max-tasks)

## The client in processes that fork and end, with options of uWSGI: scripts, multiprocessing, forks; gunicorn and Celery (3 minutes).
test-servers: build $(VENV)/servers-installed
	$(BIN)/python -m pytest tests/servers --ignore tests/servers/matrix
	$(BIN)/python -m pytest -p no:benchmark tests/servers/matrix -k "$(USUAL)" --numprocesses 3

## One program under each server that people use, under load: what is lost when it ends, and what is doubled (11 minutes).
## The page docs/servers.md is written by `python -m tests.servers.matrix --write`.
test-matrix: build $(VENV)/servers-installed
	$(BIN)/python -m pytest -p no:benchmark tests/servers/matrix --numprocesses 3

## Processes that share a data file, by a file and by Redis (`redis-server`; without it its tests are skipped; 5 minutes).
test-sharing: build
	$(BIN)/python -m pytest tests/sharing

$(VENV)/engines-installed: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group engines
	touch $@

## Tables on Spark (with Java, 17 or later) and Ray, whose workers are processes of their own (3 minutes).
test-engines: build $(VENV)/engines-installed
	$(BIN)/python -m pytest tests/engines
	$(BIN)/pyright examples/batch/with_spark.py examples/batch/with_ray.py

## The tests of the network with the oldest dependencies that pyproject.toml allows, in an environment of its own.
OLDEST := .oldest
test-oldest: build
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet $$($(BIN)/python -m tests.oldest) pytest hypothesis \
		gunicorn uvicorn
	PYTHONPATH=python $(OLDEST)/bin/python -m pytest -p kameleoon.testing.pytest_plugin -p no:cacheprovider \
		tests/unit/test_network.py tests/unit/test_config.py tests/integration

## 2,000 random data files on this client and on the reference client, answer by answer; 500 with tracking, line by line;
## every public callable with odd arguments.
differential: build
	$(BIN)/python -m tests.differential
	$(BIN)/python -m tests.differential --tracking --count 500 --seed 50000
	$(BIN)/python -m tests.differential --arguments

## This client held to the contract, 389 scenarios over HTTP (docs/contract.md); REFERENCE=1 holds the reference client to it.
contract: build $(VENV)/installed
	$(BIN)/python -m tests.contract --adapter $(if $(REFERENCE),reference,ours)

## A machine that does to a client whatever a program may do, in any order, beside a model of what has to come of it
## (tests/models): so many runs, found at random.
EXAMPLES ?= 200
models: build $(VENV)/installed
	$(BIN)/python -m tests.models --examples $(EXAMPLES)

## So many mutations of real data files, each asked everything (200,000: seven minutes); tests/hostile has other hostile input.
COUNT ?= 200000
SEED ?= 1
hostile: build
	$(BIN)/python -m tests.hostile --count $(COUNT) --seed $(SEED)

## The public names of the reference client, 3.22.2 and 3.4.0, and what became of each (docs/migrating.md).
names: build
	$(BIN)/python -m tests.differential.names_report --record --write

## A wheel `kameleoon-client-python` that contains nothing and requires this client, in dist/ (docs/migrating.md).
shim: $(VENV)/installed
	$(BIN)/python shim/build.py dist

## The threaded tests under ThreadSanitizer (nightly Rust).
tsan:
	rustup component add rust-src --toolchain nightly
	cd rust && RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std --test concurrency \
		--target $$(rustc -vV | sed -n 's/host: //p') --target-dir target/tsan

## The store, the delivery, hashes and numbers in an interpreter that sees undefined behaviour and leaks (nightly Rust, 3
## minutes). A forked child leaks its parent's queue on purpose, so that test has a run of its own.
MIRI = cargo +nightly miri test --lib --target-dir target/miri --
miri:
	rustup component add miri rust-src --toolchain nightly
	cd rust && $(MIRI) visitor:: hashing:: numbers:: delivery:: --skip in_a_forked_child
	cd rust && MIRIFLAGS=-Zmiri-ignore-leaks $(MIRI) in_a_forked_child

## Every fuzz target for so many seconds (nightly Rust; rust/fuzz/README.md): make fuzz SECONDS=60. Hours before a release.
SECONDS ?= 60
FUZZ_SEED ?= 0
FUZZ_RUNS ?= -1
fuzz: $(VENV)/made
	command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
	PYTHON=$(abspath $(BIN)/python) SECONDS_EACH=$(SECONDS) SEED_EACH=$(FUZZ_SEED) RUNS_EACH=$(FUZZ_RUNS) \
		rust/fuzz/run
## Lines and branches of both languages that the tests take, into docs/coverage.md (half an hour). The extension that counts is
## slow: the plain build is put back.
coverage: build $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group coverage
	rustup component add llvm-tools
	command -v cargo-llvm-cov >/dev/null || cargo install --quiet --locked cargo-llvm-cov
	$(BIN)/python -m tests.coverage --write; failed=$$?; rm -f $(VENV)/built; $(MAKE) build; exit $$failed

## Mutants of the core that the Rust tests alone do not kill, in results/mutants (hours): MUTANTS=hashing takes a part, SHARD=0/8 a
## share. rust/.cargo/mutants.toml names those that survive, with the reason. A copy is mutated: the tests read files beside rust/.
MUTANTS ?= hashing targeting evaluation delivery visitor
SHARD ?= 0/1
mutants:
	command -v cargo-mutants >/dev/null || cargo install --quiet --locked cargo-mutants
	rm -rf results/mutants && mkdir -p results/mutants/tree
	git ls-files -z | xargs -0 cp --parents --target-directory results/mutants/tree
	cd results/mutants/tree/rust && CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 cargo mutants --in-place \
		--no-shuffle --shard $(SHARD) --output ../.. $(foreach part,$(MUTANTS),--file 'src/$(part)/**') -- --lib --tests

$(VENV)/bench-installed: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

## Four processes of eight threads for so long, beside a service that fails at random, with forks and time jumps: events lost or
## doubled, memory that grows, calls that hang are named, and it ends with 1 (tests/soak).
HOURS ?= 0
MINUTES ?= 0
soak: build $(VENV)/bench-installed
	$(BIN)/python -m tests.soak --hours $(HOURS) --minutes $(MINUTES)

## Everything measured of this client alone, in one table beside the goals (20 minutes; quiet machines only).
bench: profiled $(VENV)/bench-installed
	$(BIN)/python -m benches.report --write
	cd rust && cargo bench --quiet

## The reference client and the peers beside this one, each in an environment of its own (.peers/), interleaved.
bench-compare: profiled $(VENV)/bench-installed
	$(BIN)/python -m benches.compare --write

## What is known against our dependencies and our workflows: licences, sources, bans, weaknesses; and secrets that were left
## in a file. ADVISORIES=1 also asks the database of weaknesses of crates, which lies on the network: RustSec's, which
## cargo-audit asks as well, so that is not needed beside cargo-deny.
audit: $(VENV)/made
	$(BIN)/python -m pip install --quiet --group audit
	$(BIN)/zizmor --quiet --offline .github
	@# 3: lines of what is known have moved. What is no secret is added with `detect-secrets scan --baseline`, and audited.
	cp .secrets.baseline $(VENV)/secrets.baseline
	$(BIN)/detect-secrets-hook --baseline $(VENV)/secrets.baseline $$(git ls-files) || [ $$? -eq 3 ]
	command -v cargo-deny >/dev/null || cargo install --quiet --locked cargo-deny
	cargo deny --manifest-path rust/Cargo.toml --log-level error check licenses bans sources $(if $(ADVISORIES),advisories)
	$(BIN)/pip-audit --progress-spinner off .

## What the changelog will say of the changes since the last release (changelog.d/).
changelog: $(VENV)/made
	$(BIN)/python -m pip install --quiet --group changelog
	$(BIN)/towncrier build --draft --version "$$(sed -n 's/^version = "\([^"]*\)".*/\1/p' pyproject.toml)"

include tests/races/Makefile

wheel: $(VENV)/made
	$(BIN)/maturin build --release $(PROFILED) --out dist

clean:
	rm -rf $(VENV) $(OLDEST) .interpreters rust/target rust/fuzz/target dist .reference .peers .site
