# The production image: one image, three roles (web, worker, beat) chosen by the command; see compose.yaml.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    NUMBA_CACHE_DIR=/app/.compiled
WORKDIR /app

# OpenMP, which the forecasting and scheduling engines load
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app mes

COPY requirements.txt .
RUN pip install --requirement requirements.txt

COPY . .
# Collecting static files asks no server; these values live for this one command.
RUN SECRET_KEY=build ALLOWED_HOSTS=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build/0 \
    python manage.py collectstatic --no-input

# The inner loops of scheduler, forecast and netting are compiled here, not by whoever plans first.
RUN python -m production.scheduling.kernel && python -m forecasting.methods.kernel && python -m forecasting.netting && chown -R mes .compiled

USER mes
EXPOSE 8000
# The address of the check must be one that ALLOWED_HOSTS knows.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.'), 'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["python", "-m", "gunicorn", "mes.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--timeout", "120"]
