# Greenlight as one image: web, worker, beat and the payer simulator are the same files with another command.
# Only what .dockerignore lets in gets here: no tests, no tools of development, no data, no secrets.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --copies /opt/greenlight
COPY requirements/app.txt /tmp/app.txt
RUN /opt/greenlight/bin/pip install --require-hashes --only-binary=:all: --requirement /tmp/app.txt \
    && /opt/greenlight/bin/pip uninstall --yes pip setuptools \
    && /opt/greenlight/bin/python -m compileall -q /opt/greenlight/lib

FROM python:3.11-slim-bookworm
ENV PATH=/opt/greenlight/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    GREENLIGHT_DATA_DIR=/var/lib/greenlight \
    STATIC_ROOT=/srv/greenlight/collected
# A number, so that a platform that asks for "not root" can tell; a shell nobody can use.
RUN groupadd --gid 10001 greenlight \
    && useradd --uid 10001 --gid greenlight --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin greenlight \
    && install --directory --owner=greenlight --group=greenlight --mode=0700 /var/lib/greenlight
COPY --from=packages /opt/greenlight /opt/greenlight
WORKDIR /srv/greenlight
COPY . .
# The key signs nothing here: static files are gathered without a database and without people.
RUN SECRET_KEY=only-while-the-image-is-built python manage.py collectstatic --no-input --verbosity=0 \
    && python -m compileall -q .
USER 10001:10001
VOLUME /var/lib/greenlight
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--backpressure", "64", "--respawn-failed-workers", \
     "--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
