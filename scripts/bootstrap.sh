#!/usr/bin/env bash
# Gets what is missing: bootstrap.sh [python] [postgis] [spark] [rivals] [chromium] [uv], python first. Where nothing is missing it does nothing, at once.
# chromium and uv print the path of what was found.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$ROOT/scripts/python.sh"
source "$ROOT/scripts/system.sh"
source "$ROOT/scripts/spark.sh"

for part in "$@"; do
    case $part in
        python) ensure_venv ;;
        postgis) ensure_postgis ;;
        spark) ensure_spark ;;
        rivals) ensure_extra rivals "the rivals of the benchmarks" ;;
        chromium) ensure_chromium ;;
        uv)
            ensure_uv
            printf '%s\n' "$UV"
            ;;
        *) fail "There is no part $part; there are python, postgis, spark, rivals, chromium and uv." ;;
    esac
done
