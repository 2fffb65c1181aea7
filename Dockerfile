# One image for every role: `hourmill serve` unless told otherwise, or api, worker, migrate (compose.yaml). docs/docker.md

FROM python:3.13-slim-trixie AS build
# The version of the Makefile.
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
# Bytecode is compiled here: the user of the image may not write it, and every start would compile again.
ENV UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/hourmill \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /build
# What we stand on changes rarely: a layer of its own.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY README.md LICENSE ./
COPY src src
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Hourmill" \
      org.opencontainers.image.description="A self-hosted page-view counter that loses no view and counts none twice" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 hourmill \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin hourmill \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=build /opt/hourmill /opt/hourmill
# The mode: the checkout may be its owner's alone. With x, as it is the folder's, too, since Docker 28.1.
COPY --chmod=0755 deploy/healthcheck.py deploy/make_secrets.py /opt/hourmill/deploy/
# 0.0.0.0: nothing outside of the container reaches its 127.0.0.1. What is reached is decided when a port is published.
ENV PATH=/opt/hourmill/bin:$PATH \
    HOURMILL_HOST=0.0.0.0
# The default data file is hourmill.db in this folder. DATABASE_URL stays unset, or it would win over POSTGRES_HOST.
WORKDIR /data
VOLUME ["/data"]
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
# /health, not /readyz: what kills unhealthy containers must not kill this one because a server behind it is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "/opt/hourmill/deploy/healthcheck.py", "/health"]
ENTRYPOINT ["hourmill"]
CMD ["serve"]
