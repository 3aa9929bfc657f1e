# SPDX-License-Identifier: Apache-2.0
"""What real commands leave in /out comes back as values, the honest and the hostile."""

import pytest

from glasshouse.engines.sandbox import Command, LeftOut, Limits, Outcome, run
from tests.engines.sandbox.inside import inside

HOSTILE = """
import stat
os.symlink("/etc/shadow", "shadow")
os.symlink("../../../etc", "etc")
os.mkfifo("fifo")
os.mknod("socket", stat.S_IFSOCK | 0o600)
print(attempt(lambda: os.mknod("device", stat.S_IFCHR | 0o666, os.makedev(1, 3))))
open("a" * 255, "w").write("long")
os.makedirs("/".join(["d" * 100] * 5)); open("/".join(["d" * 100] * 5) + "/deep", "w").write("deep")
open(b"line\\nfeed\\xff", "w").write("odd")
open("twice", "w").write("linked"); os.link("twice", "again")
os.mkdir("empty")
"""


def test_files_come_back_and_everything_else_is_named() -> None:
    result = inside(HOSTILE, collect=True)
    assert (result.outcome, result.stdout) == (Outcome.OK, b"EPERM\n")
    assert {output.path.raw: output.content for output in result.outputs} == {
        b"a" * 255: b"long",
        b"/".join([b"d" * 100] * 5 + [b"deep"]): b"deep",
        b"line\nfeed\xff": b"odd",
        b"twice": b"linked",
        b"again": b"linked",
    }
    assert set(result.left_out) == {
        LeftOut(b"shadow", "symbolic link"),
        LeftOut(b"etc", "symbolic link"),
        LeftOut(b"fifo", "FIFO"),
    }


def test_the_same_files_come_in_the_same_order() -> None:
    script = "for name in sys.argv[1]: open(name, 'w').close()"
    assert [output.path.raw for output in inside(script, "cab", collect=True).outputs] == [b"a", b"b", b"c"]


def test_the_collected_folder_itself_cannot_be_swapped() -> None:
    script = "print(attempt(lambda: os.rmdir('/out')), attempt(lambda: os.rename('/tmp', '/out')))"
    result = inside(script, collect=True)
    assert (result.outcome, result.stdout, result.outputs) == (Outcome.OK, b"EROFS EROFS\n", ())


def test_files_of_a_failed_command_come_back_too() -> None:
    result = run(Command(argv=("sh", "-c", "echo found > report; exit 3"), collect=True), Limits())
    assert (result.outcome, result.exit_status) == (Outcome.FAILED, 3)
    assert [output.content for output in result.outputs] == [b"found\n"]


def test_a_file_that_cannot_be_read_is_never_a_success() -> None:
    result = run(Command(argv=("sh", "-c", "echo x > a; echo y > b; chmod 000 a"), collect=True), Limits())
    assert result.outcome is Outcome.OUTPUT_INCOMPLETE
    assert [output.path.raw for output in result.outputs] == [b"b"]


def test_a_process_that_goes_on_writing_is_stopped_before_its_files_are_read() -> None:
    script = "(while :; do echo more >> log; done) & sleep 0.2; cp log seen"
    result = run(Command(argv=("sh", "-c", script), collect=True), Limits(wall=20))
    assert result.outcome is Outcome.OK
    assert [output.path.raw for output in result.outputs] == [b"log", b"seen"]


def test_the_command_that_uses_up_its_processes_is_still_collected() -> None:
    script = """
open("kept", "w").write("x")
try:
    while True:
        if not os.fork():
            import signal; signal.pause()
except OSError: pass
"""
    result = inside(script, limits=Limits(processes=20), collect=True)
    assert (result.outcome, [output.content for output in result.outputs]) == (Outcome.OK, [b"x"])


def test_the_collectors_channel_cannot_be_opened_by_the_command() -> None:
    script = """
kinds = {}
for fd in os.listdir("/proc/1/fd"):
    path = f"/proc/1/fd/{fd}"
    kind = os.readlink(path).split(":")[0]
    answer = attempt(lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)))
    kinds.setdefault(kind, set()).add(answer)
print(kinds["socket"], kinds["pipe"])
"""
    # The pipes show that the attempt would succeed on a channel of another kind.
    assert inside(script, collect=True).stdout == b"{'ENXIO'} {'allowed'}\n"


def test_a_command_may_name_its_output_as_a_file() -> None:
    result = run(Command(argv=("sh", "-c", "echo one >/dev/stdout; echo two >/dev/stderr")), Limits())
    assert (result.stdout, result.stderr) == (b"one\n", b"two\n")


def test_the_command_cannot_write_into_the_shell_that_reports_on_it() -> None:
    script = "print(attempt(lambda: os.close(os.open('/proc/1/mem', os.O_RDWR))), attempt(lambda: os.kill(1, 9)))"
    result = inside(script + "\nos.kill(1, 19); sys.exit(5)", collect=True)
    assert (result.stdout, result.exit_status) == (b"EROFS allowed\n", 5)


@pytest.mark.parametrize("collect", [False, True])
def test_the_exit_status_is_the_commands_own(*, collect: bool) -> None:
    for status in (0, 1, 3, 77, 125, 200, 255):
        result = run(Command(argv=("sh", "-c", f"exit {status}"), collect=collect), Limits())
        assert result.exit_status == status
        assert result.outcome is (Outcome.FAILED if status else Outcome.OK)
    missing = run(Command(argv=("no-such-tool",), collect=collect), Limits())
    assert (missing.outcome, missing.exit_status) == (Outcome.FAILED, 127)
    assert b"no-such-tool" in missing.stderr
