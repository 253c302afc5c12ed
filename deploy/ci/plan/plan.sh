#!/usr/bin/env bash
# Plans each folder of DIRS and keeps one comment on the pull request that shows what it would do. Fails when one would be refused.
set -uo pipefail

marker='<!-- sluice plan -->'
body=$(mktemp)
trap 'rm -f "$body"' EXIT
refused=0

printf '%s\n## What a deployment would do\n' "$marker" >"$body"
while IFS= read -r dir; do
  [ -n "${dir//[[:space:]]/}" ] || continue
  arguments=(plan "$dir" --commit "$COMMIT")
  [ -n "${IMAGE:-}" ] && arguments+=(--image "$IMAGE")
  # What the command says is shown as it is; a fence longer than any in it keeps it text.
  plan=$(node "$SLUICE" "${arguments[@]}" 2>&1) || refused=1
  printf '\n### %s\n\n~~~~~~text\n%s\n~~~~~~\n' "$dir" "$plan" >>"$body"
done <<<"$DIRS"
printf '\nFor %s.\n' "$COMMIT" >>"$body"

comments="repos/$REPOSITORY/issues/$PULL_REQUEST/comments"
id=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id" | head -n 1) || exit 1
if [ -n "$id" ]; then
  gh api --method PATCH "repos/$REPOSITORY/issues/comments/$id" --field "body=@$body" >/dev/null || exit 1
else
  gh api --method POST "$comments" --field "body=@$body" >/dev/null || exit 1
fi
exit "$refused"
