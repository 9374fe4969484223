#!/usr/bin/env bash
# From a fresh machine to the dashboards of the demo city. With CHECK=1 all but serving them, and what each step took.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
TOOK=""

# Seconds; whole ones in the bash 3.2 of macOS.
now() {
    printf '%s' "${EPOCHREALTIME:-$SECONDS}"
}

# step NAME COMMAND...
step() {
    local name=$1 start
    start=$(now)
    shift
    "$@"
    TOOK+="$name|$start|$(now)"$'\n'
}

table() {
    printf '%s' "$TOOK" | awk -F '|' '
        BEGIN { print "\n| step | seconds |\n|---|---:|" }
        { printf "| %s | %.1f |\n", $1, $3 - $2; total += $3 - $2 }
        END { printf "| all | %.1f |\n", total }'
}

step "Python, .venv and its dependencies" "$ROOT/scripts/bootstrap.sh" python
step "PostgreSQL with PostGIS" "$ROOT/scripts/bootstrap.sh" postgis
step "gcrm demo" "$VENV/bin/gcrm" demo
if [ "${CHECK:-0}" = 1 ]; then
    table
else
    exec "$VENV/bin/gcrm" serve
fi
