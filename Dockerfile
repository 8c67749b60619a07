# The venue as an image: wheels are built in the first stage, the second holds Python, the wheels and nothing else.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md ./
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-index --no-deps /wheels/setuptools-*.whl \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 venue \
    && useradd --system --uid 10001 --gid venue --home-dir /var/lib/tradeengine --create-home venue
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --no-deps /wheels/*.whl && rm -rf /wheels
COPY config/default.yaml config/demo.yaml /etc/tradeengine/
USER venue
WORKDIR /var/lib/tradeengine
# Everything listens on loopback by default; in a container that would be nobody.
ENV TRADE_ENGINE_DATA_DIR=/var/lib/tradeengine \
    TRADE_ENGINE_FIX__HOST=0.0.0.0 \
    TRADE_ENGINE_BINARY__HOST=0.0.0.0 \
    TRADE_ENGINE_ADMIN__HOST=0.0.0.0 \
    TRADE_ENGINE_RELAY__HOST=0.0.0.0 \
    TRADE_ENGINE_RELAY__METRICS_HOST=0.0.0.0 \
    TRADE_ENGINE_LOG__FORMAT=json \
    PYTHONUNBUFFERED=1
VOLUME /var/lib/tradeengine
EXPOSE 9878 9900 9901 9464 9911 9465
HEALTHCHECK --interval=5s --timeout=2s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9464/health/ready', timeout=1)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tradeengine"]
CMD ["run", "--config", "/etc/tradeengine/demo.yaml"]
