"""What an interrupt meets: a function that takes long, in a process that listens."""

import signal
import time

import pytest


def long(*given):
    for _ in range(2000):
        time.sleep(0.01)


@pytest.fixture
def listening():
    """A process that was started in the background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
