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
 && rm -rf /opt/lion/lib/python3*/site-packages/setuptools* /opt/lion/lib/python3*/site-packages/pkg_resources \
 && find /opt/lion -path '*/cel_expr_python/ext/ext_*' ! -name 'ext_strings.*' -delete \
 && find /opt/lion -path '*/site-packages/trio/_*/_tests' -prune -exec rm -rf {} + -o \
      -path '*/site-packages/trio/_tests' -prune -exec rm -rf {} + \
 && find /opt/lion -name __pycache__ -type d -prune -exec rm -rf {} +

# What a base has for building and for people at a terminal is not taken over: package managers
# with what they alone use (which packages there are stays, for who looks for old ones), programs
# for administrators, Perl, pages and words of other languages, and of Python what installs, draws
# windows or tests.
FROM ${BASE} AS root
COPY --from=build /opt/lion /opt/lion
RUN echo "lion:x:10001:10001::/state:/usr/sbin/nologin" >>/etc/passwd \
 && echo "lion:x:10001:" >>/etc/group \
 && install -d -o 10001 -g 10001 -m 700 /state \
 && cd "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && rm -rf ensurepip idlelib lib2to3 tkinter turtledemo pydoc_data test \
      site-packages/pip* site-packages/setuptools* site-packages/wheel* \
 && find /usr -name __pycache__ -type d -prune -exec rm -rf {} + \
 && find /usr/sbin /sbin/ -type f ! -name nologin -delete \
 && cd / && rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale \
      usr/share/python-wheels usr/share/perl* usr/lib/*/perl* usr/bin/perl* usr/lib/*/gconv \
      usr/bin/apt* usr/bin/gpgv usr/lib/apt usr/lib/*/libapt-* var/lib/apt var/lib/dpkg/info \
      var/cache var/log usr/lib/*/libgnutls* usr/lib/*/libdb-* usr/lib/*/libunistring* \
      usr/lib/*/libp11-kit* usr/lib/*/libgcrypt* usr/lib/*/libext2fs* usr/lib/*/libsystemd*

FROM scratch
COPY --from=root / /
ENV PATH=/opt/lion/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
    HOME=/state LION_STATE=/state LION_CACHE=/state/cache \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /workspace
VOLUME /state
EXPOSE 8080
STOPSIGNAL SIGTERM
# At its socket, and by Python alone: the command would read all of lion each time.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python3", "-IS", "-c", \
  "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/state/service.sock'); s.sendall(b'GET /healthz HTTP/1.1\\r\\nhost: lion\\r\\n\\r\\n'); raise SystemExit(b' 200 ' not in s.recv(4096))"]
ENTRYPOINT ["lion"]
# Reached through a published port of this machine alone, which is the proxy that is named.
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--proxy", "http://127.0.0.1:8080"]
