# Worker and API in one image: the command says which. Debian, because Temporal's native bridge wants glibc.
# Without Compose: `docker run --stop-timeout 30 …`, so that a worker can hand its activities back before it is killed.
FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:20.20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The bridge is shipped for six platforms, 30 MB each; this image runs on one.
RUN npm ci --omit=dev --ignore-scripts \
  && bridge="node_modules/@temporalio/core-bridge" \
  && keep="$(node -p "require('./$bridge/common.js').getPrebuiltTargetName()")" \
  && find "$bridge/releases" -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -rf {} + \
  && rm -rf "$bridge/sdk-core"

FROM node:20.20-bookworm-slim
# Certificates: the bridge trusts the system's, and the slim image has none. tini: a process 1 that passes signals on and reaps.
# git and ssh: the worker reads repositories with them.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git openssh-client tini \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data
WORKDIR /app
ENV NODE_ENV=production SLUICE_DATA=/data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY cli/sluice.mjs cli/sluice.mjs
COPY --from=build /app/dist dist
# The image's user `node`, by number: an orchestrator can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["tini", "--"]
CMD ["node", "--enable-source-maps", "dist/api/main.js"]
