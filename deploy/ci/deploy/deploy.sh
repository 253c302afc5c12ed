#!/usr/bin/env bash
# Deploys DIR. A job that is run again after its connection was lost finds the deployment that it began.
set -euo pipefail

arguments=(deploy "$DIR" --commit "$COMMIT" --commit-author "$AUTHOR" --commit-url "$COMMIT_URL")
arguments+=(--idempotency-key "$RUN-${DIR//[^A-Za-z0-9._-]/-}")
[ -z "${IMAGE:-}" ] || arguments+=(--image "$IMAGE")
[ "${WAIT:-true}" != true ] || arguments+=(--wait)
exec node "$SLUICE" "${arguments[@]}"
