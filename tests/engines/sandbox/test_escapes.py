# SPDX-License-Identifier: Apache-2.0
"""Real attempts to get out, each shown to work outside wherever a host without a sandbox allows it."""

import os
import platform
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyseccomp
import pytest

from glasshouse.engines.sandbox import Command, Input, Limits, Outcome, run, staging
from glasshouse.kernel.paths import TreePath
from tests.engines.sandbox.inside import argv, inside, outside, said

TRY_WRITE = "print(attempt(lambda: open(sys.argv[1], 'a').close()))"
TRY_READ = "print(attempt(lambda: open(sys.argv[1]).read()))"
TRY_CONNECT = """
import socket
print(attempt(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).close()))
"""
TRY_ABSTRACT = """
import socket
print(attempt(lambda: socket.socket(socket.AF_UNIX).connect(chr(0) + sys.argv[1])))
"""
TRY_SOCKET_FILE = """
import socket
print(attempt(lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1])))
"""
TRY_FAMILY = """
import socket
print(attempt(lambda: socket.socket(int(sys.argv[1]), int(sys.argv[2])).close()))
"""
TRY_CALL = "print(call(*sys.argv[1:]))"
NEW_USER = 0x10000000


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder on the disk that every user of the host may enter."""
    folder = Path(tempfile.mkdtemp(prefix="glasshouse-host-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def source() -> Iterator[Path]:
    with staging() as folder:
        folder.put(TreePath(b"main.c"), b"int main(void) { return 0; }\n")
        yield folder.folder


def number(name: str) -> int:
    return int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name))


def test_an_input_is_read_and_never_written(source: Path) -> None:
    bound = (Input(source, "/src"),)
    (source / "main.c").chmod(0o666)  # the mount alone stands in the way
    assert said("print(open('/src/main.c').read())", inputs=bound) == "int main(void) { return 0; }"
    assert said(TRY_WRITE, "/src/main.c", inputs=bound) == "EROFS"
    assert said("print(attempt(lambda: os.unlink('/src/main.c')))", inputs=bound) == "EROFS"
    assert outside(TRY_WRITE, source / "main.c") == "allowed"


@pytest.mark.parametrize("place", ["/usr/bin/planted", "/planted", "/dev/planted", "/etc/planted", "/proc/planted"])
def test_nothing_outside_the_scratch_folders_is_writable(place: str) -> None:
    assert said(TRY_WRITE, place) in {"EROFS", "ENOENT", "EACCES"}


def test_no_setting_of_the_kernel_is_writable() -> None:
    script = """
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        if attempt(lambda: os.close(os.open(os.path.join(folder, name), os.O_WRONLY))) == "allowed":
            print(os.path.join(folder, name))
"""
    assert said(script) == ""


def test_another_file_of_the_host_is_absent(open_folder: Path) -> None:
    (open_folder / "diary").write_text("private")
    assert said(TRY_READ, open_folder / "diary") == "ENOENT"
    assert said(TRY_READ, "/etc/passwd") == "ENOENT"
    assert outside(TRY_READ, open_folder / "diary") == "private"


def test_a_link_in_an_input_leads_nowhere_on_the_host(source: Path, open_folder: Path) -> None:
    (open_folder / "diary").write_text("private")
    (source / "link").symlink_to(open_folder / "diary")
    assert said(TRY_READ, "/src/link", inputs=(Input(source, "/src"),)) == "ENOENT"
    assert outside(TRY_READ, source / "link") == "private"


def test_a_listening_port_of_the_host_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert said(TRY_CONNECT, port) == "EPERM"
        assert outside(TRY_CONNECT, port) == "allowed"


def test_an_abstract_socket_of_the_host_is_out_of_reach() -> None:
    name = f"glasshouse-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        assert said(TRY_ABSTRACT, name) == "EPERM"
        assert outside(TRY_ABSTRACT, name) == "allowed"


def test_a_socket_file_below_an_input_is_out_of_reach(source: Path) -> None:
    # Connecting does not count as writing to the read-only mount.
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(source / "door"))
        server.listen()
        (source / "door").chmod(0o777)
        assert said(TRY_SOCKET_FILE, "/src/door", inputs=(Input(source, "/src"),)) == "EPERM"
        assert outside(TRY_SOCKET_FILE, source / "door") == "allowed"


@pytest.mark.parametrize(("family", "kind"), [("AF_NETLINK", socket.SOCK_RAW), ("AF_INET6", socket.SOCK_STREAM)])
def test_no_other_family_of_sockets_opens(family: str, kind: int) -> None:
    wanted = int(getattr(socket, family))
    assert said(TRY_FAMILY, wanted, int(kind)) == "EPERM"
    assert outside(TRY_FAMILY, wanted, int(kind)) == "allowed"


def test_a_socket_pair_still_talks_to_itself() -> None:
    script = "import socket; a, b = socket.socketpair(); a.sendall(b'hi'); print(b.recv(2).decode())"
    assert said(script) == "hi"
    assert said("import socket; print(attempt(lambda: socket.socketpair(socket.AF_INET)))") == "EPERM"


def test_a_process_of_the_host_is_neither_signalled_nor_traced() -> None:
    with subprocess.Popen(["sleep", "60"]) as neighbour:
        try:
            signal_it = "print(attempt(lambda: os.kill(int(sys.argv[1]), 0)))"
            assert said(signal_it, neighbour.pid) == "ESRCH"
            assert outside(signal_it, neighbour.pid) == "allowed"
            attach, process_vm_readv = number("ptrace"), number("process_vm_readv")
            assert said(TRY_CALL, attach, 16, neighbour.pid, 0, 0) == "EPERM"
            assert said(TRY_CALL, attach, 16, 1, 0, 0) == "EPERM"
            assert said(TRY_CALL, process_vm_readv, neighbour.pid, 0, 0, 0, 0, 0) == "EPERM"
            assert neighbour.poll() is None
        finally:
            neighbour.kill()


def test_no_new_user_namespace_by_any_of_the_three_doors() -> None:
    unshare = "print(attempt(lambda: libc.unshare(0x10000000) and call(sys.argv[1], 0x10000000) or 'allowed'))"
    assert outside(unshare, number("unshare")) == "allowed"
    assert said(unshare, number("unshare")) == "EPERM"
    assert said(TRY_CALL, number("clone"), NEW_USER | 17, 0, 0, 0, 0) == "EPERM"
    assert said(TRY_CALL, number("clone3"), 0, 0) == "ENOSYS"
    assert said(TRY_CALL, number("setns"), 0, 0) == "EPERM"


def test_io_uring_and_keys_are_refused() -> None:
    ring = "buffer = ctypes.create_string_buffer(120); print(call(sys.argv[1], 4, ctypes.addressof(buffer)))"
    assert said(ring, number("io_uring_setup")) == "EPERM"
    assert outside(ring, number("io_uring_setup")) == "allowed"
    assert said(TRY_CALL, number("keyctl"), 0, 2**64 - 3, 1) == "EPERM"
    assert outside(TRY_CALL, number("keyctl"), 0, 2**64 - 3, 1) == "allowed"
    assert said(TRY_CALL, number("add_key"), 0, 0, 0, 0, 0) == "EPERM"


def test_a_file_in_memory_without_a_bound_is_refused() -> None:
    script = "print(attempt(lambda: os.close(os.memfd_create('x'))))"
    assert said(script) == "EPERM"
    assert outside(script) == "allowed"


@pytest.mark.parametrize(
    "name",
    [
        *("bpf", "perf_event_open", "userfaultfd", "mount", "umount2", "pivot_root", "chroot", "fsopen", "move_mount"),
        *("open_tree", "open_by_handle_at", "name_to_handle_at", "kexec_load", "init_module", "finit_module", "reboot"),
        *("swapon", "syslog", "quotactl", "acct", "settimeofday", "clock_settime", "sethostname", "pidfd_getfd"),
        *("process_vm_writev", "kcmp", "request_key", "fanotify_init", "seccomp", "sync", "setxattr", "shmget"),
        *("io_setup", "vmsplice", "socket", "connect", "bind", "setuid", "setgroups", "unshare", "memfd_secret"),
    ],
)
def test_a_call_that_no_analyser_needs_is_refused(name: str) -> None:
    assert said(TRY_CALL, number(name), 0, 0, 0, 0, 0) == "EPERM"


@pytest.mark.parametrize("request_number", [0x5412, 0x5412 | 1 << 32, 0x541C, 0x541C | 1 << 63])
def test_pushing_characters_into_a_terminal_is_refused_whatever_the_upper_bits(request_number: int) -> None:
    script = "print(call(sys.argv[1], 0, sys.argv[2], 0))"
    assert said(script, number("ioctl"), request_number) == "EPERM"
    assert outside(script, number("ioctl"), request_number, stdin=subprocess.DEVNULL) == "ENOTTY"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the machine code of this attempt is for x86-64")
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("b814000000cd80c3", id="32-bit-getpid"),
        pytest.param("b8270000400f05c3", id="x32-getpid"),
    ],
)
def test_a_call_of_another_architecture_kills(code: str) -> None:
    script = """
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex(sys.argv[1]))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print("survived")
"""
    assert outside(script, "b8270000000f05c3") == "survived"  # the same page with the machine's own getpid
    result = inside(script, code)
    assert (result.outcome, result.exit_status, result.stdout) == (Outcome.KILLED, 128 + 31, b"")


def test_a_planted_variable_is_read_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSHOUSE_PLANTED", "canary-4711")
    # The launcher is a process inside as well: not hiding its environment is what `env -i` and an empty one are for.
    script = """
import glob
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        if b"canary-4711" in open(path, "rb").read(): print("found")
    except OSError: pass
"""
    assert said(script) == ""
    assert "found" in outside(script)


def test_a_planted_descriptor_is_not_inherited(open_folder: Path) -> None:
    (open_folder / "planted").write_text("canary-4712")
    script = """
import glob
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if "/planted" in os.readlink(path): print(open(path).read())
    except OSError: pass
"""
    fd = os.open(open_folder / "planted", os.O_RDONLY)
    try:
        os.set_inheritable(fd, True)
        assert said(script) == ""
        assert "canary-4712" in outside(script, close_fds=False)
    finally:
        os.close(fd)


def test_the_command_holds_its_three_descriptors_and_no_more() -> None:
    script = "print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))"
    for collect in (False, True):
        # The fourth is the listing's own.
        assert said(script, collect=collect) == "[0, 1, 2, 3]"


def test_the_environment_is_the_one_that_was_given() -> None:
    script = "print(sorted(os.environ.items()))"
    told = {"LANG": "C.UTF-8", "BASH_ENV": "/out/x", "A": "b=c\nd"}
    assert said(script, environment=told) == str(sorted({"HOME": "/tmp", "PATH": "/usr/bin", **told}.items()))  # noqa: S108 - the sandbox's own /tmp


def test_no_command_line_inside_names_a_folder_of_the_host(source: Path) -> None:
    script = """
import glob
name = sys.argv[1][::-1].encode()
print([path for path in glob.glob("/proc/[0-9]*/cmdline") if name in open(path, "rb").read()])
"""
    assert said(script, source.name[::-1], inputs=(Input(source, "/src"),)) == "[]"


def test_the_host_is_not_named() -> None:
    assert said("print(os.uname().nodename, os.getuid(), os.getgid())") == "sandbox 65534 65534"


def test_a_command_never_runs_as_root_of_the_host(source: Path) -> None:
    # Mode 0600 and another owner: root would read it, nobody does not.
    (source / "kept").write_text("private")
    (source / "kept").chmod(0o600)
    expected = "EACCES" if os.geteuid() == 0 else "private"
    assert said(TRY_READ, "/src/kept", inputs=(Input(source, "/src"),)) == expected


def test_no_capability_and_no_way_to_more() -> None:
    script = "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNewPrivs'))])"
    assert said(script) == " ".join(["0" * 16] * 5 + ["1"])


def test_an_ordinary_program_does_not_notice() -> None:
    # Threads, child processes, pipes, files, time and a pool over a socket pair: what analysers live on.
    script = """
import asyncio, subprocess, threading, tempfile, json, shutil
threads = [threading.Thread(target=json.dumps, args=(1,)) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
async def child():
    process = await asyncio.create_subprocess_exec("sort", "-r", stdin=-1, stdout=-1)
    return (await process.communicate(b"a\\nb\\n"))[0].decode().split()
with tempfile.NamedTemporaryFile() as file: shutil.copy(file.name, "/tmp/copy")
print(asyncio.run(child()), subprocess.run(["sh", "-c", "exit 7"]).returncode)
"""
    assert said(script) == "['b', 'a'] 7"


def test_the_attempts_speak_the_truth() -> None:
    # The attempt that every refusal above rests on: a call that is allowed must read as allowed.
    assert said(TRY_CALL, number("getpid")) == "allowed"
    assert run(Command(argv=argv("sys.exit(3)")), Limits()).exit_status == 3
