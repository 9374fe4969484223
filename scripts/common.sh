# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this use them
# What the other scripts share: where things are, how they speak, apt.
set -euo pipefail
export LC_ALL=C

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
TOOLS=$ROOT/.tools
LOG=$TOOLS/setup.log

say() {
    printf '%s\n' "$*" >&2
}

# Ends the script with one line.
fail() {
    say "gcrm: $*"
    exit 1
}

# quietly WHAT COMMAND...: runs it with its output in the log; where it fails, says so and where the log is.
quietly() {
    local what=$1
    shift
    mkdir -p "$TOOLS"
    printf '\n$ %s\n' "$*" >>"$LOG"
    "$@" >>"$LOG" 2>&1 </dev/null || fail "$what failed; what it printed is at the end of $LOG"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Whether packages can be installed without asking for a password.
may_apt() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

apt_install() {
    say "Installing $* with apt."
    quietly "Installing $* with apt" apt_get install -y --no-install-recommends "$@"
}

apt_update() {
    quietly "Reading apt's lists" apt_get update
}
