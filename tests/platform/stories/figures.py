"""Figures that are printed and never asserted: they depend on the machine."""

import time
from contextlib import contextmanager
from statistics import median


class Figures:
    def __init__(self):
        self.seconds = {}

    @contextmanager
    def measured(self, what):
        start = time.perf_counter()
        yield
        self.seconds.setdefault(what, []).append(time.perf_counter() - start)

    def show(self):
        for what, seconds in self.seconds.items():
            high = sorted(seconds)[len(seconds) * 95 // 100]
            print(
                f"\n{what}: median {median(seconds) * 1000:.0f} ms, p95 {high * 1000:.0f} ms",
                end="",
            )
        print()
