# make serve        everything from a bare clone to a running server
# make test         everything from a bare clone to a tested one
# make check        lint, formatting, types, C warnings
# make bench        the figures
# PYTHON=…          the Python to make .venv with (default: the newest suitable one)
# PORT=…            the port of make serve (default: 8000)

.PHONY: serve setup setup-test test check lock bench schema article picture recordings clean
.DELETE_ON_ERROR:

export PYTHON

serve: setup
	@exec .venv/bin/gilscope serve $(if $(PORT),--port $(PORT))

setup: .venv/.probe

.venv/.serve: requirements/serve.lock scripts/environment
	@scripts/environment serve

.venv/.probe: .venv/.serve $(wildcard gilscope/recorder/*.c gilscope/recorder/*.h)
	@.venv/bin/python scripts/build_probe.py
	@touch $@

.venv/.test: .venv/.serve requirements/test.lock
	@scripts/environment test

.venv/.check: .venv/.test requirements/check.lock
	@scripts/environment check

setup-test: .venv/.probe .venv/.test
	@scripts/chromium

test: setup-test
	@scripts/test $(ARGS)

node_modules/.package-lock.json: package-lock.json
	npm ci --silent
	@touch $@

check: .venv/.check node_modules/.package-lock.json
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	npx --no-install tsc -p jsconfig.json
	.venv/bin/python scripts/check_c.py

bench: .venv/.probe .venv/.test
	@.venv/bin/python -m benchmarks $(ARGS)

schema: .venv/.serve
	.venv/bin/python -m gilscope.events

article: .venv/.serve
	.venv/bin/python -m gilscope.article

picture: setup-test
	.venv/bin/python scripts/picture.py

recordings: .venv/.probe
	.venv/bin/python scripts/recordings.py

lock:
	scripts/lock

clean:
	rm -rf .venv node_modules .cache
