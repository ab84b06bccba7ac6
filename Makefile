# The one check command, and helpers. Use another Python with: make check PYTHON=python
PYTHON ?= .venv/bin/python

.PHONY: check lint test notebooks report demo clean bench

check: lint test notebooks report

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

test:
	$(PYTHON) -m pytest

notebooks:
	$(PYTHON) -m pytest --nbval-lax --nbval-current-env -p no:cacheprovider notebooks

report:
	$(PYTHON) -m clientbase report data/demo

demo:
	$(PYTHON) data/demo/generate.py

bench:
	$(PYTHON) benchmarks/facts.py
	$(PYTHON) benchmarks/excel.py
	$(PYTHON) benchmarks/xyz.py
	$(PYTHON) benchmarks/report.py
	$(PYTHON) benchmarks/panels.py
	$(PYTHON) benchmarks/engines.py

clean:
	rm -rf reports/* data/demo/.clientbase .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
