# The wheel is made in one image and installed in another, which gets no build tools and no checkout.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.txt .
RUN pip install --no-cache-dir --constraint requirements.txt hatchling
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY gcrm gcrm
COPY sql sql
COPY dashboards dashboards
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.12-slim
COPY --from=build /src/requirements.txt /wheels/ /wheels/
RUN pip install --no-cache-dir --constraint /wheels/requirements.txt /wheels/*.whl && rm -r /wheels
RUN useradd --create-home --shell /usr/sbin/nologin gcrm && install --directory --owner=gcrm --group=gcrm /var/lib/gcrm
USER gcrm
WORKDIR /home/gcrm
ENV GCRM_HOME=/var/lib/gcrm GCRM_ADDRESS=0.0.0.0 GCRM_PORT=8501 PYTHONUNBUFFERED=1
VOLUME /var/lib/gcrm
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["gcrm", "serve"]
