#!/usr/bin/python3
"""Shows that program_cases.py can fail: sessions that break one law each must be told apart from one that breaks none."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True

import program_cases  # noqa: E402
import program_laws  # noqa: E402

GOOD = """# A stand-in that has one code.
$ ./product
error[CL1001]: broken
   hint: `cloison plan --now FILE` mends it

1 error.
[1]

# mended: the hint is followed
$ cloison plan --now today
well
"""

# What is changed in the good one, and what the runner must say then.
WRONG = [
    ("well\n", "ill\n", "+well"),
    ("[1]\n", "", "+[1]"),
    ("# mended: the hint is followed\n", "", "must divide"),
    ("# mended: the hint is followed\n", "# mended: a\n# mended: b\n", "must divide"),
    ("--now today\n", "--late\n", "none of the hinted commands"),
    ("$ ./product\n", "$ ./product other\n", "nothing before the mending says [CL1001]"),
    ("$ ./product\n", "$ ./product without\n", "without a hint"),
    ("$ ./product\n", "$ ./product bare\n", "without backquotes"),
    ("$ cloison plan --now today\n", "$ cloison plan --now today; false\n", "left with 1 instead of 0"),
    ("$ cloison plan --now today\n", "$ cloison plan --now today; echo '[CL1001]'\n", "still says [CL1001]"),
    ("$ ./product\n", "stray\n$ ./product\n", "neither a command"),
    ("$ ./product\n", "$ sleep 100\n", "not ended after 1 s"),
]

PRODUCT = """#!/bin/bash
case ${1-} in
  plan) echo well; exit 0 ;;
  other) echo 'error[CL1002]: broken' ;;
  without) echo 'error[CL1001]: broken' ;;
  bare) printf 'error[CL1001]: broken\\n   hint: try cloison plan\\n' ;;
  *) printf 'error[CL1001]: broken\\n   hint: `cloison plan --now FILE` mends it\\n\\n1 error.\\n' ;;
esac
exit 1
"""


def told(folder, text):
    case = folder / "CL1001-made-up"
    case.mkdir(exist_ok=True)
    (case / "session.txt").write_text(text)
    product = case / "product"
    product.write_text(PRODUCT)
    product.chmod(0o755)
    return program_cases.run_case(case, product, accept=False)


def main():
    program_cases.SECONDS = 1
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        session, wrong = told(folder, GOOD)
        if wrong or program_cases.never_followed([("CL1001-made-up", session)]):
            failed += print("a good session is refused:", *wrong, sep="\n") or 1
        for before, after, expected in WRONG:
            _, wrong = told(folder, GOOD.replace(before, after, 1))
            if not any(expected in line for line in wrong):
                failed += print(f"not told: {expected!r} for {after!r}:", *wrong, sep="\n") or 1
        for step in session.steps:  # as if the product had named two ways
            step.said = [line.replace("mends", "or `cloison log` mends") for line in step.said]
        if program_cases.never_followed([("CL1001-made-up", session)]) != ["CL1001: no case follows the hint's `cloison log`"]:
            failed += print("a hint of which one way is never walked is not told") or 1
    reasons = program_laws.NOT_FROM_OUTSIDE
    reasons["CL2059"] = (*reasons["CL2059"][:2], "a_test_that_is_not_there")
    reasons["CL2050"] = reasons.pop("CL2060")
    for expected in ("CL2059: ", "CL2050 has a case", "CL2060 has no golden case"):
        if not any(line.startswith(expected) for line in program_laws.coverage()):
            failed += print(f"not told: {expected!r} of all codes together") or 1
    if failed:
        sys.exit(f"{failed} of {len(WRONG) + 5} broken laws are not told")
    print(f"{len(WRONG) + 5} broken laws told")


if __name__ == "__main__":
    main()
