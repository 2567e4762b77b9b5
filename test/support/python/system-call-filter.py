"""Runs a command under the system calls that a unit's SystemCallFilter leaves: LINE... -- COMMAND...

Each LINE is a value of SystemCallFilter, in the unit's order; "~" takes away. What is not left fails with EPERM
(SystemCallErrorNumber). The groups are those of systemd itself. Needs Debian's python3-seccomp and systemd.
"""

import errno
import os
import subprocess
import sys

import seccomp


def groups():
    text = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], check=True, capture_output=True, text=True
    ).stdout
    found = {}
    for line in text.splitlines():
        name = line.strip()
        if line.startswith("@"):
            members = found.setdefault(name, [])
        elif line.startswith(" ") and name and not name.startswith("#"):
            members.append(name)
    return found


def expanded(name, known):
    if not name.startswith("@"):
        return {name}
    return set().union(*(expanded(one, known) for one in known[name]))


known = groups()
end = sys.argv.index("--")
# systemd adds what no process can do without
allowed = set(expanded("@default", known))
for line in sys.argv[1:end]:
    calls = set().union(*(expanded(one, known) for one in line.lstrip("~").split()))
    allowed = allowed - calls if line.startswith("~") else allowed | calls

filtered = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
for call in sorted(allowed):
    # the groups name calls of every architecture
    if seccomp.resolve_syscall(seccomp.Arch(), call) >= 0:
        filtered.add_rule(seccomp.ALLOW, call)
filtered.load()
os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])
