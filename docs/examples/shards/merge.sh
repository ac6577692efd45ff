#!/usr/bin/env bash
# Joins the shards that shard.sh ran: brings their recordings to a clone, and merges their runs there.
#
# PROJECT   the repository; all machines see the same commit
# OUT       the folder of the shards
set -euo pipefail

merged="$OUT/merged"
[ -d "$merged" ] || git clone --quiet "$PROJECT" "$merged"
cd "$merged"
git reset --quiet --hard
git clean --quiet --force -d -- evals
for place in "$OUT"/shard-*; do
  git -C "$place" add evals
  git -C "$place" diff --cached --binary > "$OUT/recordings.patch"
  [ ! -s "$OUT/recordings.patch" ] || git apply --whitespace=nowarn "$OUT/recordings.patch"
done
code=0
promptverdict merge "$OUT"/shard-*/results/2* || code=$?
promptverdict report latest
exit "$code"
