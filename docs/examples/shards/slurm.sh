#!/usr/bin/env bash
#SBATCH --job-name=evals
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=03:00:00
# Submit from the repository, with promptverdict in the environment:
#
#   shards=$(sbatch --parsable docs/examples/shards/slurm.sh)
#   sbatch --dependency="afterany:$shards" --export=ALL,PROJECT="$PWD",OUT="$PWD/../evals-out" docs/examples/shards/merge.sh
set -euo pipefail

export PROJECT="${PROJECT:-$SLURM_SUBMIT_DIR}"
export OUT="${OUT:-$SLURM_SUBMIT_DIR/../evals-out}"
export SHARD="$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
exec bash "$PROJECT/docs/examples/shards/shard.sh"
