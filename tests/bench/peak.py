"""Runs one command and prints its output and the most memory that it had, in
MiB, as JSON.

  python peak.py COMMAND…

A process of its own, and small: the memory of whoever starts a command counts
as the command's until it runs its own program.
"""

import json
import resource
import subprocess
import sys

done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
if done.returncode != 0:
    sys.exit(done.stderr)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([done.stdout, peak]))
