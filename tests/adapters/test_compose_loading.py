"""The docker SDK is loaded by whichever thread asks first, and several begin together."""

from __future__ import annotations

import subprocess
import sys

TOGETHER = """
import sys, threading
from kgo_tui.adapters.compose.sdk import _where, translated

sys.setswitchinterval(1e-6)  # let them get in each other's way as often as can be
begin, failures = threading.Barrier(4), []

def ask(number):
    begin.wait()
    try:
        if number % 2:
            _where({}, "unix:///nowhere")
        with translated():
            pass
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failures, failures
"""


def test_threads_that_begin_together_all_get_the_whole_sdk() -> None:
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", TOGETHER], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
