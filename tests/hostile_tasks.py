"""Tasks that do to a worker what a hostile image may do to its decoder."""

import ctypes
import os
import time
from pathlib import Path


def echo(arguments, buffers):
    return {"said": arguments.get("say", "")}, buffers


def crash(arguments, buffers):
    ctypes.string_at(0)


def hang(arguments, buffers):
    time.sleep(600)


def hang_in_c(arguments, buffers):
    ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock all the while


def eat_memory(arguments, buffers):
    return {}, [bytes(64 << 30)]


def refuse(arguments, buffers):
    raise ValueError("a name that must not leave the worker")


def write_a_file(arguments, buffers):
    Path(str(arguments["path"])).write_bytes(b"x")


def environment(arguments, buffers):
    return {"names": sorted(os.environ)}, []


def process(arguments, buffers):
    return {"pid": os.getpid()}, []


def open_files(arguments, buffers):
    return {"count": len(list(Path("/proc/self/fd").iterdir()))}, []


def nonsense(arguments, buffers):
    os.write(0, b"\xff" * 64)
    time.sleep(600)


EVERY = (
    echo,
    crash,
    hang,
    hang_in_c,
    eat_memory,
    refuse,
    write_a_file,
    environment,
    process,
    open_files,
    nonsense,
)
TASKS = {each.__name__: each for each in EVERY}
