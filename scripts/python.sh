# shellcheck shell=bash
# A Python 3.12 or 3.13, uv, and .venv with the pinned dependencies. Sourced after common.sh.

PROBE='
import sys, sysconfig
good = sys.version_info[:2] in {(3, 12), (3, 13)} and sys.implementation.name == "cpython"
if not good or sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))'

# Prints the interpreter's own path where it is one that the dependencies have wheels for. Only running it tells:
# a pyenv shim is on PATH and executable, and may still refuse.
usable_python() {
    "$1" -c "$PROBE" 2>/dev/null </dev/null
}

# pyenv's own interpreters, newest first.
pyenv_pythons() {
    local path
    for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[23].*/bin/python; do
        if [ -x "$path" ]; then printf '%s\n' "$path"; fi
    done | sort -rV
}

find_python() {
    local candidate
    if [ -n "${GCRM_PYTHON:-}" ]; then
        usable_python "$GCRM_PYTHON" || fail "GCRM_PYTHON is $GCRM_PYTHON, which is no CPython 3.12 or 3.13."
        return
    fi
    while read -r candidate; do
        if usable_python "$candidate"; then return; fi
    done < <(printf 'python3.13\npython3.12\npython3\n' && pyenv_pythons)
    python_from_uv
}

python_from_uv() {
    if ! "$UV" python find 3.12 >/dev/null 2>&1; then
        say "Fetching Python 3.12 with uv."
        quietly "Fetching Python 3.12 with uv (or set GCRM_PYTHON to a Python 3.12 or 3.13)" "$UV" python install 3.12
    fi
    usable_python "$("$UV" python find 3.12)"
}

# Sets UV to a uv that runs: the one on PATH, or one of our own in .tools.
ensure_uv() {
    local candidate python
    for candidate in uv "$TOOLS/uv/bin/uv"; do
        if "$candidate" --version >/dev/null 2>&1; then
            UV=$candidate
            return
        fi
    done
    python=$(python_with_venv)
    quietly "Making a place for uv" "$python" -m venv --clear "$TOOLS/uv"
    quietly "Fetching uv with pip" "$TOOLS/uv/bin/python" -m pip install --disable-pip-version-check uv
    UV=$TOOLS/uv/bin/uv
}

# Prints a Python, of any version that uv's wheel takes, that can make a virtual environment with pip in it.
python_with_venv() {
    if first_python_with_venv; then return; fi
    may_apt || fail "python3 cannot make virtual environments; install uv, or on Debian and Ubuntu: sudo apt-get install python3-venv"
    apt_update
    apt_install python3-venv
    first_python_with_venv || fail "python3 cannot make virtual environments, even with python3-venv; install uv."
}

first_python_with_venv() {
    local candidate
    while read -r candidate; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 </dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done < <(printf 'python3\n/usr/bin/python3\npython3.13\npython3.12\n' && pyenv_pythons)
    return 1
}

venv_python_fits() {
    usable_python "$VENV/bin/python" >/dev/null || return 1
    [ -z "${GCRM_PYTHON:-}" ] || [ "$("$VENV/bin/python" --version)" = "$("$GCRM_PYTHON" --version)" ]
}

# All that .venv is made from: where this does not change, nothing is to be done.
venv_recipe() {
    printf '%s\n' "$ROOT"
    "$VENV/bin/python" --version
    cat "$ROOT/requirements.txt" "$ROOT/pyproject.toml"
}

venv_is_current() {
    venv_python_fits && [ -f "$VENV/gcrm-recipe" ] && [ "$(venv_recipe)" = "$(cat "$VENV/gcrm-recipe")" ]
}

ensure_venv() {
    if venv_is_current; then return; fi
    ensure_uv
    if ! venv_python_fits; then make_venv; fi
    say "Installing the pinned dependencies into .venv."
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-120}
    rm -f "$VENV"/gcrm-extra-* # the next line takes them away
    quietly "Installing the pinned dependencies" "$UV" pip sync --python "$VENV/bin/python" "$ROOT/requirements.txt"
    quietly "Installing gcrm into .venv" "$UV" pip install --python "$VENV/bin/python" --no-deps --no-build-isolation --editable "$ROOT"
    venv_recipe >"$VENV/gcrm-recipe"
}

make_venv() {
    local python
    python=$(find_python)
    say "Making .venv with $("$python" --version) ($python)."
    quietly "Making .venv" "$UV" venv --clear --no-project --python "$python" "$VENV"
}

# What only some commands need, pinned in a file of its own: ensure_extra NAME WHAT.
ensure_extra() {
    local pins="$ROOT/requirements-$1.txt" installed="$VENV/gcrm-extra-$1"
    if cmp -s "$pins" "$installed"; then return; fi
    ensure_uv
    say "Installing $2 into .venv."
    quietly "Installing $2" "$UV" pip install --python "$VENV/bin/python" --requirement "$pins"
    cp "$pins" "$installed"
}
