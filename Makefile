# Every target sets up what it needs, on a fresh machine and on a used one.
# PYTHON=python3.12 make test   chooses the Python that .venv is made with.

PYTHON ?= $(shell python3.11 -c "" 2>/dev/null && echo python3.11 || echo python3)
BIN := .venv/bin
# pip takes the tested versions, and with this exact torch the CPU build where one is offered.
READY := .venv/.ready
ORACLE := .oracle/.ready
FRAMEWORKS := .frameworks/.ready
ARGS ?=
# A process a processor, each on one thread; ARGS='-n 0' takes one process, as --pdb needs it.
PARALLEL := -n auto --maxprocesses 8 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check docs oracle-test long-test frameworks-test format clean

help:
	@echo "make demo         a model learns handwritten digits     (ARGS='--epochs 30' passes options)"
	@echo "make test         the tests and the doctests            (ARGS='-k momentum' passes options)"
	@echo "make coverage     the same, and which lines and branches they do not reach"
	@echo "make check        style, types, arrows, docs"
	@echo "make docs         build the documentation in site/"
	@echo "make oracle-test  compare with the original Chainer 7.8.1, installed in .oracle/"
	@echo "make long-test    kill and resume 240 runs, in all ways of loading and writing"
	@echo "make frameworks-test  train inside Lightning, Accelerate and Transformers, in .frameworks/"
	@echo "make format       format the code and repair what ruff can repair"
	@echo "make clean        remove everything that was made, environments too"

$(READY): pyproject.toml constraints.txt setup.py $(wildcard src/catenary/kernel/*.cc)
	@echo "Installing PyTorch and the tools into .venv: some minutes, once."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

# The original builds only with an old setuptools and runs only on NumPy 1 and Python up to 3.11.
$(ORACLE): Makefile
	@echo "Installing the original Chainer 7.8.1 into .oracle, once."
	@$(PYTHON) -m venv .oracle
	@.oracle/bin/python -m pip install --quiet "setuptools==65.5.0" "wheel==0.48.0"
	@.oracle/bin/python -m pip install --quiet --no-build-isolation \
	    "chainer==7.8.1" "numpy==1.23.5" "protobuf==3.20.3" "h5py==3.11.0" \
	    "six==1.17.0" "filelock==4.2.11" "typing_extensions==4.16.0"
	@touch $@

# Lightning, Accelerate and Transformers: some 200 MB that nothing else needs.
$(FRAMEWORKS): pyproject.toml constraints.txt setup.py $(wildcard src/catenary/kernel/*.cc)
	@echo "Installing PyTorch and three frameworks into .frameworks: some minutes, once."
	@$(PYTHON) -m venv .frameworks
	@.frameworks/bin/python -m pip install --quiet -c constraints.txt -e ".[dev,frameworks]"
	@touch $@

demo: $(READY)
	@$(BIN)/python -m catenary.demo $(ARGS)

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

coverage: $(READY)
	$(BIN)/python -m pytest --cov --cov-report=term $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_imports.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open site/index.html."

oracle-test: $(READY) $(ORACLE)
	CATENARY_ORACLE=.oracle/bin/python $(BIN)/python -m pytest -m oracle tests $(ARGS)

long-test: $(READY)
	$(BIN)/python -m pytest -m long tests $(ARGS)

frameworks-test: $(FRAMEWORKS)
	.frameworks/bin/python -m pytest -m frameworks tests/frameworks $(ARGS)

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .oracle .frameworks build dist site demo-output src/*.egg-info .coverage \
	    .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
