# `make` lists the targets. Only Python 3.11, 3.12 or 3.13 and make are needed; everything else comes with `setup`.

# Any of these, whichever is a supported Python first; or name one: make setup PYTHON=/path/to/python
PYTHON ?= $(firstword $(foreach p,python3 python3.11 python3.12 python3.13 python,$(shell \
	$(p) -c 'import sys; (3, 11) <= sys.version_info[:2] < (3, 14) and print("$(p)")' 2>/dev/null)))
# The parts to install; add the pre-trained encoder (0.3 GB) with: make setup EXTRAS=course,dev,plm
EXTRAS ?= course,dev
# On Linux the public build of torch brings CUDA (several GB). A package index with CPU builds avoids it:
# make setup TORCH_INDEX=<address of the index>. It is not needed where pip is already configured with one.
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
comma := ,
INSTALLED := $(VENV)/installed-$(subst $(comma),-,$(EXTRAS))

# Real text is read from TEXTDIFF_DATA. A folder beside the repository is used where there is one.
ifndef TEXTDIFF_DATA
ifneq ($(wildcard ../shared/data/.),)
export TEXTDIFF_DATA := $(abspath ../shared/data)
endif
endif

# $(call timed,name,command): run the command, then say how long it took.
timed = start=$$(date +%s); $(2) || exit 1; echo "$(1): $$(($$(date +%s) - start)) s"

.PHONY: help setup test lint types notebooks course lab weights comparison mutants benchmarks lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1  /p' Makefile

setup: $(INSTALLED) ## make .venv with the versions of requirements.lock.txt

$(INSTALLED): requirements.lock.txt pyproject.toml
	@$(if $(strip $(PYTHON)),,echo "Python 3.11, 3.12 or 3.13 is needed and none was found: make setup PYTHON=/path/to/python"; exit 1)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): some minutes and 2 GB the first time."
	@$(call timed,set-up,$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c requirements.lock.txt -e '.[$(EXTRAS)]')
	@touch $@

test: setup ## check style and types, then run the tests
	@$(call timed,lint,$(MAKE) --no-print-directory lint)
	@$(call timed,types,$(MAKE) --no-print-directory types)
	@$(call timed,tests,OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile)
	@$(call timed,notebooks,$(MAKE) --no-print-directory notebooks)

lint: setup ## check the style (ruff)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: setup ## check the types (pyright)
	@$(BIN)/pyright

# What the checks print is compared with what is stored; pictures and training are run and not compared.
NBVAL := env -u NBGRADER_EXECUTION OMP_NUM_THREADS=1 TEXTDIFF_CORPUS=bistro $(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-cell-timeout=300
notebooks: setup ## run the lessons and the solutions, and compare what they print (nbval)
	@$(call timed,lessons,env -u TEXTDIFF_REVEAL $(NBVAL) lessons)
	@$(call timed,solutions,TEXTDIFF_REVEAL=1 $(NBVAL) solutions)

course: setup ## run the course headless, with the seconds of each part
	@$(BIN)/python -m textdiff_lite.course.run

lab: setup ## open the lessons in JupyterLab, as copies in workspace/
	@$(BIN)/python -m textdiff_lite.course.workspace
	@$(BIN)/jupyter lab --notebook-dir=workspace

# Where the shipped weights come from. E2E and tinyshakespeare need TEXTDIFF_DATA or the hub; their cards are shipped,
# their weights are not.
trained = $(BIN)/textdiff train $(2) --half --out runs/$(1) && $(BIN)/textdiff evaluate runs/$(1)
card = $(call trained,$(1),$(2)) && mkdir -p textdiff_lite/weights/$(1) && cp runs/$(1)/card.json textdiff_lite/weights/$(1)/
ship = $(call card,$(1),$(2)) && cp runs/$(1)/config.json runs/$(1)/model.safetensors textdiff_lite/weights/$(1)/
clamped = $(BIN)/textdiff evaluate runs/$(1) --clamp 1 && mkdir -p textdiff_lite/weights/$(1)-clamped && cp runs/$(1)/card.json textdiff_lite/weights/$(1)-clamped/
CHARACTERS := --corpus tinyshakespeare --size medium --batch 64 --lr 1e-3 --weight-decay 0.1 --precision bf16
weights: setup ## train the shipped weights again (minutes on a GPU, days on a CPU)
	$(call ship,autoregressive-bistro-tiny,autoregressive --corpus bistro --steps 16000 --batch 512 --lr 3e-3)
	$(call ship,d3pm-absorbing-bistro-tiny,d3pm --kernel absorbing --corpus bistro --steps 60000 --batch 1024 --lr 3e-3)
	$(call ship,d3pm-uniform-bistro-tiny,d3pm --kernel uniform --corpus bistro --steps 24000 --batch 512 --lr 2e-3)
	$(call ship,diffusion-lm-bistro-tiny,diffusion-lm --corpus bistro --steps 24000 --batch 1024 --lr 5e-3 --precision bf16)
	$(call clamped,diffusion-lm-bistro-tiny)
	$(call ship,difformer-bistro-tiny,difformer --corpus bistro --steps 30000 --batch 1024 --lr 4e-3 --precision bf16)
	$(call clamped,difformer-bistro-tiny)
	$(call card,autoregressive-e2e-tiny,autoregressive --corpus e2e --steps 4000 --batch 256 --dropout 0.3)
	$(call card,autoregressive-tinyshakespeare-tiny,autoregressive --corpus tinyshakespeare --steps 2500 --batch 16 --lr 3e-3)
	$(call card,autoregressive-tinyshakespeare-medium,autoregressive $(CHARACTERS) --steps 2000 --dropout 0.2)

# The schedules of lesson 04 at equal budget: what differs is the schedule and the seed.
SCHEDULES := linear cosine sqrt mutual-information adaptive
COMPARED := --corpus bistro --noise-scale 1 --steps 2000 --batch 512 --lr 3e-3 --precision bf16 --half
comparison: setup ## train the comparison of schedules again (10 runs, a minute each on a GPU)
	rm -f runs/schedules.jsonl
	@for seed in 0 1; do for schedule in $(SCHEDULES); do run=runs/cmp-$$schedule-$$seed; \
		$(BIN)/textdiff train difformer $(COMPARED) --schedule $$schedule --seed $$seed --out $$run && \
		$(BIN)/textdiff evaluate $$run --sentences 1000 --samples 2000 --json >> runs/schedules.jsonl || exit 1; \
	done; done
	cp runs/schedules.jsonl textdiff_lite/weights/schedules.jsonl

mutants: setup ## show that the tests notice a wrong version of every formula
	@OMP_NUM_THREADS=1 $(BIN)/python tests/mutants.py

benchmarks: setup ## measure what the training loop and the losses of a large vocabulary cost
	@$(BIN)/python -m pytest -s --benchmark-enable tests/benchmarks

# Left out: GPU packages (torch's own Linux build pins them, its CPU build needs none), browsers, later Pythons.
lock: setup ## resolve requirements.lock.txt again, for all systems; a pin that still fits is kept
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --all-extras --fork-strategy fewest --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock.txt pyproject.toml
	@grep -vE "^(cuda|nvidia|triton)|sys_platform == 'emscripten'$$|>= '3.14'" requirements.lock.txt > lock.tmp
	@mv lock.tmp requirements.lock.txt

clean: ## remove caches and build products; .venv, runs and workspace stay
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .benchmarks *.egg-info
	find lessons solutions tests textdiff_lite -name __pycache__ -prune -exec rm -rf {} +
