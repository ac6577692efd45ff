#!/usr/bin/env bash
# Runs one shard in a clone of its own, and goes on where an earlier try was killed.
#
# SHARD     which one, as 3/16
# PROJECT   the repository; all machines see the same commit
# OUT       a folder that outlives the machine
set -euo pipefail

place="$OUT/shard-${SHARD%/*}"
[ -d "$place" ] || git clone --quiet "$PROJECT" "$place"
cd "$place"
# What is recorded is kept in the clone: a second try asks for nothing that the first one finished.
# Exit code 1 says that an agent fell short or a trial broke; the merge says which.
pytest evals/ --record once --shard "$SHARD" || [ $? -eq 1 ]
