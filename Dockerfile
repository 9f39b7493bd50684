# One image for web, worker, beat and migrate; what runs is the command.
FROM python:3.11-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/portal
COPY requirements.lock .
RUN /opt/portal/bin/pip install --require-hashes --requirement requirements.lock

FROM python:3.11-slim-trixie
ENV PATH=/opt/portal/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/portal
# pg_dump and pg_restore of the same release as the server of docker-compose.yml, for manage.py backup and restore.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /var/lib/portal --create-home portal
COPY --from=build /opt/portal /opt/portal
WORKDIR /app
COPY . .
# Styles are part of the image: every web process serves the same hashed files.
RUN STATIC_ROOT=/app/static SECRET_KEY=build VAR_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build
ENV STATIC_ROOT=/app/static
USER portal
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", \
    "--worker-tmp-dir=/dev/shm", "supportportal.wsgi"]
