# make demo    an example: one experiment in both frameworks, judged
# make test    the tests
# make check   all that CI runs: format, lint, types, import rules, tests
# make kill-matrix  plant every fault: docs/kill_matrix.md, ten minutes
# make bench   training time compared with bare loops: build/bench.json
# make catalogue  every experiment, quick: docs/catalogue.md, 22 minutes
# make catalogue-full  every experiment with its lesson's numbers: hours
# make coverage  the ladder on every element: docs/coverage.md
# make external  comparison with published results: 10 minutes
# make mutants   mistakes planted in pairs of models: 15 minutes
# make framework-faults  what the frameworks get wrong: docs/framework_faults.md
# make exact-scripts  the exact script of each arm of the catalogue
# make quiet     a thousand correct pairs, which must all agree
#
# Each target first creates the environment in .venv, if it does not exist.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

# Where this variable is set, each process of the tests would compile the
# project again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-slow check kill-matrix bench catalogue catalogue-full \
	coverage external onnx-cases mutants framework-faults exact-scripts quiet install lock clean

demo: install
	$(BIN)/parity run shallow_vs_deep --profile quick --out build/demo

test: install
	$(BIN)/pytest -n 2 --dist loadscope

test-slow: install
	$(BIN)/pytest -n 2 --dist loadscope -m "slow or not slow"

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

kill-matrix: install
	$(BIN)/python -m tests.kill_matrix --out docs/kill_matrix.md

bench: install
	$(BIN)/python -m benchmarks --out build/bench.json

# Status 4 is no failure: the page shows which experiment is undecided.
catalogue: install
	$(BIN)/parity run --all --profile quick --out build/catalogue \
		|| test $$? -eq 4
	cp build/catalogue/catalogue.md docs/catalogue.md

# It continues where it was interrupted.
catalogue-full: install
	$(BIN)/parity run --all --profile full --out build/catalogue-full \
		|| test $$? -eq 4
	cp build/catalogue-full/catalogue.md docs/catalogue_full.md

# It continues where it was interrupted; `--at-most 100` runs a part.
coverage: install
	$(BIN)/python -m tests.coverage --out docs/coverage.md

external: install
	$(BIN)/pytest tests/external -m "slow or not slow"

# The package `onnx` is used only for its test cases, in a separate
# environment; the cases that the language can express are committed.
onnx-cases: install
	$(PYTHON) -m venv build/onnx
	build/onnx/bin/python -m pip install --quiet onnx==1.23.2 numpy
	build/onnx/bin/python -m tests.external.onnx_cases.dump \
		build/onnx_cases.pkl
	$(BIN)/python -m tests.external.onnx_cases.choose build/onnx_cases.pkl

mutants: install
	$(BIN)/python -m tests.comparisons.compare.mutants
	$(BIN)/python -m tests.comparisons.compare.mutants --two 200
	$(BIN)/python -m tests.comparisons.compare.recipe_mutants

framework-faults: install
	$(BIN)/python -m tests.framework_faults --out docs/framework_faults.md

exact-scripts: install
	$(BIN)/python -m tests.exact_scripts

quiet: install
	$(BIN)/python -m tests.comparisons.quiet

install: $(STAMP)

# Compiled to bytecode: this halves the time to import TensorFlow.
# uv installs the locked build of torch that torchvision requires.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"framework-parity needs Python 3.11 or later; use make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode \
		--require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps \
		--no-build-isolation -e .
	touch $(STAMP)

# Resolve all versions again, for all platforms and versions of Python.
lock: install
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export --quiet --all-groups --no-emit-project --no-header \
		--output-file requirements.lock

clean:
	rm -rf .venv build
