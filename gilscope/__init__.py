"""Gilscope, the instrument: records programs and understands recordings. Knows nothing of the web.

The way of the data: scenario → recorder (inside the program) → shared memory → collector →
recording → analysis. docs/HACKING.md draws it.
"""

__version__ = "0.1.0"
