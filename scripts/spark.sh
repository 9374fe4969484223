# shellcheck shell=bash
# Spark in .venv, and the Java that it runs on. Sourced after common.sh, python.sh and system.sh.

# The program's own search, so that the two never disagree; where it finds none it says in one line what to install.
has_java() {
    "$VENV/bin/python" -c '
import sys
from gcrm.errors import CubeError
from gcrm.olap.java import find_java
try:
    find_java()
except CubeError as error:
    sys.exit(f"gcrm: {error}")'
}

ensure_java() {
    if has_java 2>/dev/null; then return; fi
    if may_apt; then
        apt_update
        apt_install default-jre-headless
    fi
    has_java || exit 1
}

ensure_spark() {
    ensure_java
    ensure_extra spark Spark
}
