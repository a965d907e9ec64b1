"""One line per check, for `tests/e2e/run` to count."""

import sys

# Of one problem, as text. The beginning tells enough.
DETAIL_LEN_MAX = 1500


class Verdicts:
    """Prints `ok: NAME` or `FAILED: NAME: WHY`, and counts."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, problems):
        """A check passes when there is no problem. `problems` is a list, or None for no problem."""
        if not problems:
            self.passed += 1
            print(f"ok: {name}", flush=True)
            return True
        self.failed += 1
        text = "; ".join(str(problem) for problem in problems)[:DETAIL_LEN_MAX]
        print(f"FAILED: {name}: {text}", flush=True)
        return False

    def say(self, text):
        """A figure or a remark. No check."""
        print(f"# {text}", flush=True)

    def end(self):
        """The last line, and the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
