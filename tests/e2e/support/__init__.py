"""What the end-to-end checks of `deploy/` share. Standard library and PyYAML only."""

import signal
import sys

# Who ends a check ends what it has started: `finally` runs.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
