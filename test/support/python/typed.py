# Types keys into an interactive shell on a terminal of its own, and prints all that the terminal showed.
# typed.py KEYS COMMAND...: of KEYS, \x01 stands for "when the shell asks again": its prompt has to be %%%.
import os
import pty
import select
import sys
import time

keys, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)

shown = b""
asked = 0
deadline = time.monotonic() + 30


def read(until):
    """Reads on until that holds, or the shell is gone."""
    global shown
    while not until():
        if time.monotonic() > deadline:
            sys.exit(f"timed out; shown so far: {shown!r}")
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:
            return
        if not more:
            return
        shown += more


for part in keys.split("\x01"):
    asked += 1
    read(lambda: shown.count(b"%%%") >= asked)
    os.write(terminal, part.encode())
read(lambda: False)
sys.stdout.buffer.write(shown)
