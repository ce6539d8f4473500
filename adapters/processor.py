"""What the processor can do."""

from __future__ import annotations

from pathlib import Path


def processor_flags() -> set[str]:
    """The processor's abilities as Linux names them; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return set(next((line.split(":", 1)[1] for line in lines if line.startswith("flags")), "").split())
