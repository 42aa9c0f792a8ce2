"""The viewer's bundle, which tests of pages need."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from medshare.viewer.bundle import MAIN_STYLE
from medshare.viewer.routes import STATIC

ROOT = Path(__file__).parents[1]


@cache
def _build() -> str:
    """Build the bundle where it is old; return what went wrong."""
    done = subprocess.run(
        [ROOT / "scripts" / "build-viewer"], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stderr[-500:]


def require_bundle() -> None:
    """Let a test go on with a fresh bundle; without a network there may be none to build."""
    fault = _build()
    if fault and os.environ.get("CI") != "true":
        pytest.skip(f"the viewer cannot be built: {fault}")
    assert not fault, fault


def main_style() -> str:
    """Return the name of the common style sheet as it was built."""
    manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest[MAIN_STYLE]["file"])
