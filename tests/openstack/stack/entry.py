"""Runs the console entry point of an OpenStack package whose script Debian ships apart.

    entry.py MODULE:FUNCTION PROGRAM [ARGUMENT...]
"""
import importlib
import sys

if __name__ == "__main__":
    module, _, function = sys.argv[1].partition(":")
    sys.argv = sys.argv[2:]
    sys.path.pop(0)
    sys.exit(getattr(importlib.import_module(module), function)())
