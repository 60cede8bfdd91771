# Everything a newcomer needs. Only Python 3.11 or newer is expected to be there.
PYTHON ?= python3
# A Python that is named is used; else environments keep the one they were made with.
BOOTSTRAP := $(PYTHON) infra/local/bootstrap.py $(if $(filter command environment,$(origin PYTHON)),--this-python)
VENV := .venv/bin
LOCAL := $(VENV)/python -m infra.local

.DEFAULT_GOAL := help
.PHONY: help run up down watch test simulate fuzz mutants lint format openapi bench setup setup-development clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## The whole system on this machine, and its main job before your eyes; Ctrl-C ends it
	@exec $(LOCAL) run

up: setup ## The same in the background, without the story; returns when it is ready
	@exec $(LOCAL) up

down: setup ## Stop what `make up` started
	@exec $(LOCAL) down

watch: setup ## Show pages as they are sent: who, by which channel, which text
	@exec $(LOCAL) watch

bench: setup ## Open tickets at the running stack and say how long everything takes
	@exec $(LOCAL) bench

test: lint ## Check and test everything, every tier
	$(VENV)/python -m pytest tests

mutants: setup-development ## Mutation testing of the pure core: MODULE="decision rule" for some, AGAIN=1 for those alone that lived the last time; writes docs/mutation.md
	@$(VENV)/python -m pip install --no-deps --disable-pip-version-check --quiet -r requirements-mutants.txt
	@$(VENV)/python -m tests.mutation $(if $(MODULE),--module $(MODULE)) $(if $(AGAIN),--again)

simulate: setup-development ## Search for lost pages: SEEDS=2000 MODE=swarm FROM=0, MODE=all for all of a pull request, BUGS=1 to put known mistakes in, OUT=file for the summary
	@$(VENV)/python -m tests.simulation --mode $(or $(MODE),swarm) --seeds $(or $(SEEDS),200) --from $(or $(FROM),0) $(if $(BUGS),--bugs) $(if $(OUT),--out $(OUT))

fuzz: setup-development ## Look longer for answers that the API must not give: EXAMPLES=500 for each operation, at random
	EXAMPLES=$(or $(EXAMPLES),500) $(VENV)/python -m pytest tests/security --hypothesis-profile=fuzz

lint: setup-development ## Formatting, lint, types
	$(VENV)/python -m ruff format --check .
	$(VENV)/python -m ruff check .
	$(VENV)/python -m mypy

format: setup-development ## Let ruff put everything into form
	$(VENV)/python -m ruff format .
	$(VENV)/python -m ruff check --fix .

openapi: setup ## Write functions/root/openapi.json anew, from the code
	$(VENV)/python -m infra.openapi

setup:
	@$(BOOTSTRAP)

setup-development:
	@$(BOOTSTRAP) --development

clean: ## Remove what was made here: environments, caches, builds
	rm -rf .venv .local .build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
