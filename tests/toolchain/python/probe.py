# What follows is a test's: all of the library, and what is not there.
import asyncio  # noqa: TID251
import encodings.idna  # noqa: F401
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

from lion_guest import Error, aio, clock, denials, fs, http, kv, poll, random, secrets, tools

AT_BUILD = dict(os.environ)


def lend(what: str, at: str) -> str:
    """One use of a module of the library, as text."""
    match what:
        case "fs":
            fs.make_dirs(f"{at}/deep/er")
            fs.write(f"{at}/deep/text", "a line\n")
            fs.append(f"{at}/deep/text", b"\xff")
            fs.write(f"{at}/long", "x" * 300_000)
            fs.rename(f"{at}/long", f"{at}/longer")
            told = [fs.read_bytes(f"{at}/deep/text"), len(fs.read_text(f"{at}/longer"))]
            told += [list(fs.names(f"{at}/deep")), fs.exists(f"{at}/none"), fs.mounts()]
            fs.remove(f"{at}/longer")
            fs.remove_dir(f"{at}/deep/er")
            return str([*told, list(fs.names(at)), fs.stat(f"{at}/deep/text").size])
        case "http":
            page = http.get(f"{at}/ok", headers={"x-from": "python"}, timeout=5).good()
            sent = http.post(f"{at}/echo", json={"a": 1}).json()
            with http.stream("POST", f"{at}/echo", body="y" * 200_000) as answer:
                head, length = answer.head(), sum(map(len, answer))
            return str([page.status, sent, head.status, length])
        case "asyncio":
            return str(aio.run(_several(at)))
        case "kv":
            kv.put("a", "one")
            kv.update("n", lambda old: str(int(old or b"0") + 1).encode())
            told = [kv.get("a"), kv.text("n"), list(kv.keys()), kv.delete("a"), kv.get("a")]
            return str(told)
        case "tools":
            three = tools.call("calculator.add", a=1, b=2)
            begun = tools.start("calculator.add", {"a": 2, "b": 2})
            ready = poll.first(begun, timeout=60)
            both = tools.together(
                ("calculator.add", {"a": 1, "b": 1}), ("calculator.add", {"a": 2, "b": 1})
            )
            return str([three, len(ready), begun.take(), both, [t.name for t in tools.list()]])
        case "time":
            before = clock.monotonic()
            clock.sleep(0.01)
            time.sleep(0.01)
            return str([clock.monotonic() - before >= 0.02, clock.now() > 0])
        case "random":
            return str([random.number() < 2**64, len(random.data(7)), len(os.urandom(5))])
        case "secrets":
            return str(secrets.exists("key"))
    raise ToolError(f"no {what}")  # noqa: F821


async def _several(at: str) -> list:
    """Two requests and a call at once, a sleep, and one that is given up."""
    first, second, three, _ = await asyncio.gather(
        aio.get(f"{at}/ok"),
        aio.post(f"{at}/echo", json={"a": 1}),
        aio.call("calculator.add", a=1, b=2),
        asyncio.sleep(0.01),
    )
    told = [first.good().status, second.json()["line"], three]
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except TimeoutError:
        told.append("given up")
    async with asyncio.TaskGroup() as group:
        more = [group.create_task(aio.get(f"{at}/ok")) for _ in range(3)]
    return [*told, [task.result().status for task in more]]


def lacked(what: str, at: str) -> str:
    """The code of the error, and which right was lacking."""
    try:
        return lend(what, at)
    except Error as error:
        last = denials.last()
        return f"{type(error).__name__} {error.code}; {last.capability} {last.reason.name}"


def reach(what: str) -> str:
    """Something that is none of a guest's business; how it fails."""
    try:
        return "it went through: " + str(ESCAPES[what]())
    except BaseException as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


def _socket():
    return socket.create_connection(("127.0.0.1", 80), timeout=5)


def _datagram():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))


def _listen():
    return socket.create_server(("127.0.0.1", 0))


def _lookup():
    return socket.getaddrinfo("example.com", 80)


def _subprocess():
    return subprocess.run(["ls"])


def _ctypes():
    import ctypes

    return ctypes.CDLL(None)


def _threads():
    thread = threading.Thread(target=print)
    thread.start()
    return thread


def _processes():
    import multiprocessing

    process = multiprocessing.Process(target=print)
    process.start()
    return process


ESCAPES = {
    "socket": _socket,
    "datagram": _datagram,
    "listen": _listen,
    "lookup": _lookup,
    "subprocess": _subprocess,
    "ctypes": _ctypes,
    "threads": _threads,
    "processes": _processes,
    "system": lambda: os.system("ls"),
    "fork": lambda: os.fork(),
    "passwd": lambda: Path("/etc/passwd").read_text(),
    "above": lambda: Path("/d/../secret").read_text(),
    "link": lambda: Path("/d/out").read_text(),
    "write": lambda: Path("/d/new").write_text("x"),
    "root": lambda: os.listdir("/"),
    "environment": lambda: {}[str(dict(os.environ) or AT_BUILD)],
    "process": lambda: Path("/proc/self/environ").read_text(),
}
