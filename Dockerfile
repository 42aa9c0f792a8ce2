# medshare as it runs: the hashed lock, the package with its built pages, a user of its own; no
# build or test tools.
#   docker build -t medshare . && docker run --rm medshare --help
FROM python:3.11-slim-bookworm AS build

COPY requirements.txt .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt \
    && /opt/venv/bin/pip uninstall --yes --quiet setuptools pip

FROM python:3.11-slim-bookworm AS viewer

WORKDIR /build
RUN python -m venv .venv
COPY scripts/npm scripts/build-viewer scripts/
COPY viewer viewer
RUN scripts/build-viewer

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /var/lib/medshare medshare \
    && install --directory --owner=medshare --group=medshare --mode=0700 /var/lib/medshare

COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/medshare
# The package serves the contract by a link to the file beside it.
COPY LICENSE openapi.yaml ./
COPY medshare medshare
COPY --from=viewer /build/medshare/viewer/static medshare/viewer/static
RUN /opt/venv/bin/python -m compileall -q medshare

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/medshare \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MEDSHARE_DATA_DIR=/var/lib/medshare \
    MEDSHARE_HOST=0.0.0.0 \
    MEDSHARE_PORT=8080

USER medshare
VOLUME /var/lib/medshare
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['MEDSHARE_PORT']}/health/ready\", timeout=4)"]
ENTRYPOINT ["python", "-m", "medshare.cli"]
CMD ["serve"]
