"""The Java that Spark runs on: searched for as Spark itself does, and one line where there is none."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from gcrm.errors import CubeError

_OLDEST = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')  # that of Java 8 is 1.8
_GET_IT = "on Debian and Ubuntu: sudo apt-get install default-jre-headless, on macOS: brew install openjdk"


def find_java() -> Path:
    """The program `java` that Spark will take: that of JAVA_HOME, else the first on PATH.

    Raises:
        CubeError: there is none, it does not run, or it is too old; how to get one.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if found is None:
        where = f"JAVA_HOME is {home}, which has no bin/java" if home else "there is none on PATH"
        raise CubeError(f"Spark needs Java {_OLDEST} or newer, and {where}; {_GET_IT}, or set JAVA_HOME to one.")
    version = _version_of(found)
    if version is None or version < _OLDEST:
        what = "does not run" if version is None else f"is Java {version}"
        raise CubeError(f"Spark needs Java {_OLDEST} or newer, and {found} {what}; {_GET_IT}, or set JAVA_HOME to one.")
    return Path(found)


def _version_of(java: str) -> int | None:
    """The feature release of a Java, such as 17; None where it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    number = _VERSION.search(said)
    return int(number[1]) if number else None
