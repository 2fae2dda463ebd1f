"""Where a class's own files lie: in build/classroom, beside the course."""

from start import HERE

TOOLS = HERE / "build" / "classroom"

PROXY = TOOLS / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"

PROGRAMS = TOOLS / "programs"
"""The compiled programs that all seats read, and none may write; `python -m classroom.prepare` makes them."""

FONTS = TOOLS / "matplotlib"
"""matplotlib's list of fonts, made beside them; each seat gets a copy."""

HUB = TOOLS / "hub"
"""Sessions and secrets of the hub; no student can read it."""
