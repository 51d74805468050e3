# The book in two commands: `make book` and `make test`. They need Python 3.11 to 3.14, make and git; everything else
# goes into .venv, from requirements.lock.
#
#   make book TORCH_INDEX=ADDRESS   a CPU-only torch (0.2 GB instead of 5), from the address that pytorch.org gives for
#                                   it; remembered from then on, TORCH_INDEX=default goes back
#   make book PYTHON=python3.13     make .venv with this Python; otherwise the first that is supported
#   make book PY=python             use the Python of an environment that is active (conda: `conda env create`), no .venv
#   make serve PORT=8080            another port than 8000
#   make catalogue LANGUAGE=zh_CN   begin a translation; the languages in book/locale are renewed without being named
#   make lab LAB=--no-browser       options for JupyterLab
#   make mutants RANDOM=60 SEED=1   changes at 60 random places of the library in place of the listed mistakes
#   AIGC_PROFILE=gpu make book      full sizes, for a GPU

PY := .venv/bin/python
PORT ?= 8000
PYTHON ?=
export PORT TORCH_INDEX

.DEFAULT_GOAL := help
.PHONY: help book pdf test test-site mutants museum bench catalogue chapter check edit apply format lab serve doctor clean
.PHONY: lint lock platforms compat venv
.NOTPARALLEL:

help: ## say what there is
	@echo "make book      execute the notebooks that changed and build the site"
	@echo "make pdf       print the whole book into _build/aigc.pdf, with a Chromium (some minutes)"
	@echo "make test      test the library, the exercises and the machinery, and execute every notebook"
	@echo "make serve     show the site at http://127.0.0.1:$(PORT)/"
	@echo "make lab       open the notebooks in JupyterLab"
	@echo "make doctor    check this machine: Python, disk, memory, torch, GPU, fonts, models, browser"
	@echo "make test-site test the built site in a headless Chromium"
	@echo "make mutants   plant mistakes in the library, one at a time, and see whether the tests notice (half an hour);"
	@echo "               RANDOM=60 SEED=1 makes 60 changes at random places instead (a quarter of an hour)"
	@echo "make bench     time every family against the same network in plain PyTorch (some minutes, on a quiet machine)"
	@echo "make museum    train the failures of the museum and their cures from ten seeds, and renew their table (minutes)"
	@echo "make catalogue extract the messages for translators, and renew the catalogues in book/locale"
	@echo "make chapter   begin a planned chapter: make chapter SLUG=…, a slug of book/course.yml"
	@echo "make check     check one chapter alone, page included: make check CHAPTER=… (MUTANTS=all plants all its mistakes)"
	@echo "make edit      write a chapter as Markdown to edit it: make edit CHAPTER=…; make apply CHAPTER=… puts it back"
	@echo "make format    format code and notebooks, sort imports, remove the notebooks' outputs"
	@echo "make lint      ruff and pyright"
	@echo "make lock      resolve pyproject.toml's ranges into requirements.lock; UPGRADE=torch renews a version"
	@echo "make platforms try the lock on every supported Python and platform, and renew the README's table"
	@echo "make compat    test the library with the newest and with the oldest packages that it allows (minutes)"
	@echo "make clean     remove everything generated, .venv aside"

# Only the default environment is ours to make; with PY=... on the command line it is the caller's.
ifeq ($(origin PY),file)
venv:
	@first=; for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if said=$$("$$python" -m book.tools.supported 2>/dev/null); then exec "$$python" -m book.tools.install; fi; \
	  first=$${first:-$$said}; done; \
	echo "$${first:-No Python 3.11 to 3.14 was found: install one (python.org, or your system's packages).}" >&2; exit 1
else
venv: ;
endif

book: venv
	@$(PY) -m book.tools.site

pdf: book
	@$(PY) -m book.tools.pdf

# Both parts run even when the first fails, so that one run shows everything that is wrong.
test: venv
	@mkdir -p _build/reports
	@status=0; \
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PY) -m pytest tests -m "not site" -n 2 --dist worksteal --durations=5 \
	  --junitxml=_build/reports/tests.xml || status=1; \
	$(PY) -m book.tools.execute --all || status=1; \
	exit $$status

test-site: venv
	@mkdir -p _build/reports
	@$(PY) -m pytest tests/test_site.py tests/site -m site -n 2 --dist loadfile --junitxml=_build/reports/site.xml

mutants: venv
	@$(PY) -m tests.mutation $(if $(RANDOM),--random $(RANDOM) --seed $(or $(SEED),0))

bench: venv
	@$(PY) -m benchmarks

museum: venv
	@OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PY) -m aigc_course.museum.evidence

catalogue: venv
	@$(PY) -m book.tools.catalogue $(LANGUAGE)

lab: venv
	@cd chapters && exec $(if $(filter /%,$(PY)),$(PY),$(if $(findstring /,$(PY)),../$(PY),$(PY))) -m jupyterlab $(LAB)

serve: venv
	@$(PY) -m book.tools.serve

doctor: venv
	@$(PY) -m book.tools.doctor

# Every tool runs even when one before it found something.
lint: venv
	@status=0; for tool in "ruff check ." "ruff format --check ." pyright; do $(PY) -m $$tool || status=1; done; exit $$status

format: venv
	@$(PY) -m ruff check --quiet --select I --fix .
	@$(PY) -m ruff format .
	@$(PY) -m nbstripout chapters/*/*.ipynb

chapter: venv
	@$(PY) -m book.tools.new_chapter "$(SLUG)"

check: venv
	@$(PY) -m book.tools.check_chapter "$(CHAPTER)" --mutants $(or $(MUTANTS),3)

edit: venv
	@$(PY) -m book.tools.edit "$(CHAPTER)"

apply: venv
	@$(PY) -m book.tools.edit --apply "$(CHAPTER)"

lock: venv
	@$(PY) -m book.tools.platforms --lock $(UPGRADE)

platforms: venv
	@$(PY) -m book.tools.platforms

compat: venv
	@$(PY) -m book.tools.compat

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find aigc_course book tests chapters -name __pycache__ -type d -prune -exec rm -rf {} +
