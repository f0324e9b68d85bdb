"""The programs that the stack runs. Each has a log, and is ended by its own process id."""

import os
import signal
import socket
import subprocess

from .waiting import TooLate, wait_for


def free_port():
    """A port that is free now. For programs that cannot take one and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Children:
    """Running programs."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, name, command, environment):
        """Starts a program; what it prints is in `<name>.log`."""
        with self.log(name).open("wb") as log:
            # A session of its own: ctrl-c reaches this program only, which ends the others in order, and
            # what a child has started itself is ended with it.
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def wait_for(self, name, process, condition, seconds):
        """Waits until a started program is ready."""

        def ready():
            if process.poll() is not None:
                raise TooLate(f"{name} ended with {process.returncode}: {self.tail(name)}")
            return condition()

        try:
            return wait_for(name, ready, seconds)
        except TooLate as error:
            raise TooLate(f"{error}\n{self.tail(name)}") from None

    def log(self, name):
        return self.folder / f"{name}.log"

    def tail(self, name, characters=3000):
        return self.log(name).read_text(errors="replace")[-characters:]

    def end(self):
        """Ends all, the last started first."""
        while self.running:
            process = self.running.pop()
            for kind in (signal.SIGTERM, signal.SIGKILL):
                try:
                    # The group has the number of the child that leads it.
                    os.killpg(process.pid, kind)
                    process.wait(timeout=10)
                except ProcessLookupError:
                    process.wait()
                except subprocess.TimeoutExpired:
                    continue
                break
