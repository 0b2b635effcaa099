# The control plane, built from the repository's root: docker build . (docker-compose.yml does).
# By the classic builder and by BuildKit. An image with Node 24 and npm is all that it takes from outside:
# where none can be pulled, --build-arg BASE_IMAGE=… names one of your own.
ARG BASE_IMAGE=node:24-bookworm-slim

# What packages need, apart from their sources: it is installed again only when that changes.
FROM ${BASE_IMAGE} AS manifests
WORKDIR /src
COPY package.json package-lock.json ./
COPY packages packages
RUN find packages \( -type f ! -name package.json -o -type d -empty \) -delete

FROM ${BASE_IMAGE} AS build
# Empty is npm’s own.
ARG NPM_CONFIG_REGISTRY=
WORKDIR /src
COPY --from=manifests /src ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.ts scripts/
COPY packages packages
RUN node scripts/build.ts

FROM ${BASE_IMAGE}
# An account with a number of its own, so that a folder of the host can be given to it.
RUN groupadd --system --gid 10001 ikoma \
  && useradd --system --uid 10001 --gid ikoma --no-create-home --home-dir /var/lib/ikoma --shell /usr/sbin/nologin ikoma \
  && install -d -o ikoma -g ikoma -m 700 /var/lib/ikoma /var/lib/ikoma-keys \
  && printf '#!/bin/sh\nexec node /opt/ikoma/dist/index.cjs "$@"\n' >/usr/local/bin/ikoma \
  && chmod 755 /usr/local/bin/ikoma
COPY LICENSE /opt/ikoma/
# The bundle is the whole product: neither node_modules nor sources come with it.
COPY --from=build /src/dist /opt/ikoma/dist
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="IKOMA" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 \
  HOME=/var/lib/ikoma DB_PATH=/var/lib/ikoma/ikoma.db IKOMA_KEYS_DIR=/var/lib/ikoma-keys
WORKDIR /var/lib/ikoma
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=16", "--max-old-space-size=1024", "/opt/ikoma/dist/index.cjs"]
CMD ["serve"]
