"""Damaged records and collections of every kind, drawn at random, through all that takes them.

Run from a checkout, with the package installed::

    python tools/fuzz.py --seed 0 --records 10000 --collections 10000

Each case ends in a right answer or in an error that says whose fault it is; anything else is unexpected, is printed
with the command that does it again, and makes the exit code 1. The same seed gives the same cases.
"""

import argparse
import signal
import sys
import time
import traceback
from collections import Counter

import numpy as np

SECONDS_A_CASE = 5.0


class TooLongError(BaseException):
    """A case that did not end in time. No Exception, or whatever it interrupts might take it for its own."""


def _interrupt(*_):
    raise TooLongError


def run(kind, seed, cases):
    """Run cases of one kind; give the counts of outcomes, and (case, what happened) of the unexpected ones."""
    if kind == "records":
        from fuzz_records import run_case
    else:
        from fuzz_collections import run_case
    outcomes, unexpected = Counter(), []
    before = signal.signal(signal.SIGALRM, _interrupt)
    try:
        for case in cases:
            signal.setitimer(signal.ITIMER_REAL, SECONDS_A_CASE)
            try:
                outcomes[run_case(np.random.default_rng([seed, case]))] += 1
            except (Exception, TooLongError) as error:
                signal.setitimer(signal.ITIMER_REAL, 0)
                outcomes["UNEXPECTED"] += 1
                unexpected.append((case, _describe(error)))
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    return outcomes, unexpected


def _describe(error):
    where = traceback.extract_tb(error.__traceback__)
    frames = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in where]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:600]} ({', '.join(frames[-4:])})"


def main(argv=None):
    """Read the arguments, run the cases, print a table; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--records", type=int, default=10000, metavar="N")
    parser.add_argument("--collections", type=int, default=10000, metavar="N")
    parser.add_argument("--only", metavar="KIND:CASE", help="one case, such as records:17, in full")
    args = parser.parse_args(argv)
    if args.only:
        kind, _, case = args.only.partition(":")
        wanted = {kind: [int(case)]}
    else:
        wanted = {"records": range(args.records), "collections": range(args.collections)}
    failed = False
    for kind, cases in wanted.items():
        start = time.perf_counter()
        outcomes, unexpected = run(kind, args.seed, cases)
        print(f"{kind}: {len(cases)} cases in {time.perf_counter() - start:.0f} s")
        for outcome, count in outcomes.most_common():
            print(f"  {count:6d}  {outcome}")
        for case, what in unexpected:
            print(f"  python tools/fuzz.py --seed {args.seed} --only {kind}:{case}\n      {what}")
        failed = failed or bool(unexpected)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
