# shellcheck shell=bash
# PostgreSQL with PostGIS, and a browser: found, or installed with apt where that may be done. Sourced after common.sh.

CLUSTER_CONF=/etc/postgresql-common/createcluster.d/gcrm.conf

# The program's own search, so that the two never disagree; where it finds none it says in one line what to install.
has_postgis() {
    "$VENV/bin/python" -c '
import sys
from pathlib import Path
from gcrm.db.programs import choose
from gcrm.errors import ClusterError
try:
    choose(None, Path())
except ClusterError as error:
    sys.exit(f"gcrm: {error}")'
}

ensure_postgis() {
    if [ -n "${GCRM_DATABASE_URL:-}" ] || has_postgis 2>/dev/null; then return; fi
    if may_apt; then install_postgis; fi
    has_postgis || exit 1
}

install_postgis() {
    apt_update
    forbid_main_cluster
    apt_install postgresql-postgis
    allow_main_cluster
}

# Debian's package would make and start a cluster on port 5432 that nobody asked for. This forbids it while ours is installed.
forbid_main_cluster() {
    as_root mkdir -p "${CLUSTER_CONF%/*}"
    trap allow_main_cluster EXIT
    printf 'create_main_cluster = false\n' | as_root tee "$CLUSTER_CONF" >/dev/null
}

allow_main_cluster() {
    trap - EXIT
    as_root rm -f "$CLUSTER_CONF"
    as_root rmdir "${CLUSTER_CONF%/*}" 2>/dev/null || true
}

# Prints the path of a Chromium or Chrome that runs; the headless shell first, which draws with a third less work.
find_chromium() {
    local candidate
    for candidate in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if "$candidate" --version >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

ensure_chromium() {
    if [ -n "${GCRM_CHROMIUM:-}" ]; then
        "$GCRM_CHROMIUM" --version >/dev/null 2>&1 || fail "GCRM_CHROMIUM is $GCRM_CHROMIUM, which does not run."
        printf '%s\n' "$GCRM_CHROMIUM"
        return
    fi
    if find_chromium; then return; fi
    if may_apt; then
        apt_update
        if apt-cache show chromium-headless-shell >/dev/null 2>&1; then apt_install chromium-headless-shell; else apt_install chromium; fi
    fi
    find_chromium || fail "The browser tests need Chromium or Chrome; install one, or set GCRM_CHROMIUM to its program."
}
