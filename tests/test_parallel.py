"""Training on many devices. How many a process has is fixed when it starts, so these tests start some of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def test_eight_simulated_devices_train_as_one():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "tests/devices"]
    eight = os.environ | {"JAX_NUM_CPU_DEVICES": "8"}
    ended = subprocess.run(command, cwd=ROOT, env=eight, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
