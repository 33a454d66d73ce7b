# docker build -t gilscope . && docker run --rm -p 127.0.0.1:8000:8000 -v gilscope:/data --cap-add PERFMON gilscope
#
# Both stages have the same Python at the same place, so that the probe that the first one builds fits the second.
FROM python:3.13-slim-bookworm AS builder
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/gilscope
COPY requirements/serve.lock requirements/
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/serve.lock
COPY . .
ENV XDG_CACHE_HOME=/srv/cache PYTHONPATH=/srv/gilscope
RUN .venv/bin/python -c "import sys; from gilscope.collector import interpreters, probe; probe.build_probe(interpreters.describe(sys.executable))" \
 && .venv/bin/python -m compileall -q gilscope app

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /data gilscope && install -d -o 10001 -g 10001 /data
COPY --from=builder /srv /srv
WORKDIR /srv/gilscope
ENV XDG_CACHE_HOME=/srv/cache PYTHONPATH=/srv/gilscope PATH=/srv/gilscope/.venv/bin:$PATH \
    GILSCOPE_DATA=/data GILSCOPE_HOST=0.0.0.0 GILSCOPE_PORT=8000
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-P", "-m", "gilscope.cli", "serve"]
