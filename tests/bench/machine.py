"""What the machine is that figures come from."""

import os
import platform
import re
import subprocess


def describe():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1])
    disk = subprocess.run(
        ["stat", "--file-system", "--format=%T", os.path.expanduser("~")],
        capture_output=True,
        text=True,
    ).stdout.strip()
    return (
        f"{os.cpu_count()} processors ({model[1] if model else 'unknown'}), "
        f"{memory / 2**20:.0f} GiB of memory, {disk}, "
        f"Linux {platform.release()}, Python {platform.python_version()}."
    )
