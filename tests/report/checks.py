"""Checks that count, and go on after one that is wrong."""
import sys

problems = []
_count = 0


def expect(right, what):
    global _count
    _count += 1
    if not right:
        problems.append(what)
        print(f"--- {what}")


def end():
    """Leaves with what went wrong, or says how many there were."""
    if problems:
        sys.exit(f"{len(problems)} of {_count} checks went wrong")
    print(f"counted: {_count} checks")


def counted():
    return _count
