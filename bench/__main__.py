"""Runs the benchmarks that need no data folder, one after the other: `python -m bench`."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("schedule", "rules", "ledger", "screening", "queue")

if __name__ == "__main__":
    for name in NAMES:
        print(f"== bench.{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)
