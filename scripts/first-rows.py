#!/usr/bin/env python3
"""How long a file of a million rows takes to be on the screen, and how fast keys are answered meanwhile.

    cargo build --release && scripts/first-rows.py

Drives the console in a pseudo-terminal: pastes the path of a generated file and reads what is drawn. Times count from the
key to the bytes that the terminal receives. Linux only, for the peak memory.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

ROWS = 1_000_000
AREAS = [(202, "US-DC"), (212, "US-NY"), (213, "US-CA"), (312, "US-IL"),
         (415, "US-CA"), (617, "US-MA"), (702, "US-NV"), (713, "US-TX")]
# What the console says of the file when it has seen every row.
USABLE = b"usable"
BINARY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/quietline")


def number(row):
    """The number of a row, counted from 0: made-up subscribers, none twice."""
    line = row // len(AREAS)
    return f"+1{AREAS[row % len(AREAS)][0]}{200 + line // 10_000:03}{line % 10_000:04}"


class Console:
    def __init__(self, home):
        env = dict(os.environ, HOME=home, QUIETLINE_CONFIG=f"{home}/quietline.toml", QUIETLINE_DATA_DIR=f"{home}/data",
                   TERM="xterm-256color", LC_ALL="C.UTF-8")
        env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self.checked_at = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, ["quietline", "demo", "--fresh", "--seed", "7"], env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 34, 120, 0, 0))

    def until(self, wanted, since=None):
        """Reads until `wanted` is drawn; returns the seconds that took."""
        start = since or time.perf_counter()
        drawn = b""
        while time.perf_counter() - start < 15:
            if select.select([self.fd], [], [], 0.5)[0]:
                drawn += os.read(self.fd, 1 << 16)
                if USABLE in drawn and not self.checked_at:
                    self.checked_at = time.perf_counter()
                if wanted.encode() in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b" ", drawn):
                    return time.perf_counter() - start
        raise SystemExit(f"“{wanted}” did not come")

    def settle(self):
        """Reads until nothing more is drawn."""
        while select.select([self.fd], [], [], 0.4)[0]:
            os.read(self.fd, 1 << 16)

    def press(self, keys, wanted):
        now = time.perf_counter()
        os.write(self.fd, keys)
        return self.until(wanted, now)

    def peak(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        try:
            while os.read(self.fd, 1 << 16):
                pass
        except OSError:
            pass
        os.waitpid(self.pid, 0)


def main():
    with tempfile.TemporaryDirectory() as home:
        file = f"{home}/million.csv"
        with open(file, "w") as out:
            out.write("phone,jurisdiction\n")
            out.writelines(f"{number(row)},{AREAS[row % len(AREAS)][1]}\n" for row in range(ROWS))
        console = Console(home)
        try:
            console.until("Number")
            console.settle()
            os.write(console.fd, b"\x1bOS")
            console.settle()
            start = time.perf_counter()
            first = console.press(b"\x1b[200~" + file.encode() + b"\x1b[201~", number(0))
            # Each key moves to the next row, which is drawn anew; the check runs behind them.
            keys = [console.press(b"\x1b[B", number(row)) for row in range(1, 21)]
            moved = time.perf_counter() - start
            if not console.checked_at:
                console.until("usable")
            checked = console.checked_at - start
            print(f"first rows of {ROWS:,} on the screen    {first * 1000:.0f} ms")
            print(f"slowest of {len(keys)} keys while it is checked   {max(keys) * 1000:.0f} ms (by {moved:.2f} s)")
            print(f"indexed and validated                 {checked:.2f} s")
            print(f"peak memory of the console            {console.peak()} MB")
        finally:
            console.end()


main()
