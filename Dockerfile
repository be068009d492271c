# A service of lion, by its own user, on a root that may be read-only; what it keeps is in /state.
# docs/container.md says how it is built and run.
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
RUN python3 -m venv /opt/lion
COPY pyproject.toml README.md LICENSE /src/
COPY lion /src/lion
# Components that lion itself has are links into these folders.
COPY plugins-wasm /src/plugins-wasm
COPY plugins-src /src/plugins-src
COPY wit /src/wit
# Left out: pip, what CEL has besides what lion uses (31 MB), trio's tests, compiled Python.
RUN /opt/lion/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile /src \
 && /opt/lion/bin/pip uninstall --yes --quiet pip \
 && find /opt/lion -path '*/cel_expr_python/ext/ext_*' ! -name 'ext_strings.*' -delete \
 && find /opt/lion -path '*/site-packages/trio/_*/_tests' -prune -exec rm -rf {} + -o \
      -path '*/site-packages/trio/_tests' -prune -exec rm -rf {} + \
 && find /opt/lion -name __pycache__ -type d -prune -exec rm -rf {} +

FROM ${BASE}
COPY --from=build /opt/lion /opt/lion
RUN echo "lion:x:10001:10001::/state:/usr/sbin/nologin" >>/etc/passwd \
 && echo "lion:x:10001:" >>/etc/group \
 && install -d -o 10001 -g 10001 -m 700 /state
ENV PATH=/opt/lion/bin:$PATH HOME=/state LION_STATE=/state LION_CACHE=/state/cache \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /workspace
VOLUME /state
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["lion", "status", "--json"]
ENTRYPOINT ["lion"]
# Reached through a published port of this machine alone, which is the proxy that is named.
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--proxy", "http://127.0.0.1:8080"]
