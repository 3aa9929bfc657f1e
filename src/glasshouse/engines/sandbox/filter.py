# SPDX-License-Identifier: Apache-2.0
"""The system calls that a command may make: a list of what is allowed, everything else is EPERM.

Decided here, and why:

- `socket` is refused for every family, AF_UNIX included. The network namespace is empty, but a socket *file* below a
  read-only input could still be connected to, because connecting does not count as writing to the mount. What is left
  is `socketpair` in AF_UNIX, which reaches nobody outside.
- `memfd_create` is refused: such files are limited by no tmpfs size, so they would be memory without a bound.
- `clone3` answers ENOSYS, since its flags lie in memory where a filter cannot look; C libraries then fall back to
  `clone`, whose flags are looked at. `unshare` and `setns` are refused outright.
- `ioctl` and `prctl` are lists of requests. The kernel reads a request as 32 bits, so that a comparison of 64 would
  miss TIOCSTI with a bit set above: requests are compared under a mask.
- Absent on purpose: io_uring, keys, bpf, perf_event_open, userfaultfd, ptrace and reading of other processes' memory,
  the mount family, file handles, kexec and modules, clocks, extended attributes that are written (they would be
  memory outside the tmpfs's size), SysV IPC, aio, `sync` (it would stall the host's disks), `personality` changes.

Another architecture's calls (32-bit or x32 on x86-64) kill the process: their numbers mean other things.
"""

import ctypes.util
import errno
import functools
import os
import socket
import stat

from glasshouse.engines.sandbox.errors import SandboxUnavailableError

# By idea: files; waiting; memory; processes and signals; time; who and where; scheduling; what threads and start-up
# need; and talking over a socket pair.
_PLAIN = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 creat close close_range
lseek stat lstat fstat newfstatat statx access faccessat faccessat2 dup dup2 dup3 pipe pipe2 fcntl flock ftruncate
truncate fallocate fsync fdatasync sendfile copy_file_range getdents getdents64 getcwd chdir fchdir rename renameat
renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmod fchmodat
fchmodat2 chown fchown lchown fchownat umask utime utimes utimensat futimesat statfs fstatfs getxattr lgetxattr
fgetxattr listxattr llistxattr flistxattr fadvise64 readahead inotify_init inotify_init1 inotify_add_watch
inotify_rm_watch

poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime

mmap munmap mprotect mremap madvise brk mincore msync mlock mlock2 munlock membarrier get_mempolicy

fork vfork execve execveat exit exit_group wait4 waitid pidfd_open pidfd_send_signal kill tkill tgkill rt_sigaction
rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack
restart_syscall pause alarm getitimer setitimer

timer_create timer_settime timer_gettime timer_getoverrun timer_delete nanosleep clock_nanosleep clock_gettime
clock_getres gettimeofday time times

getrusage getrlimit setrlimit prlimit64 getpriority setpriority getpid getppid gettid getuid geteuid getgid getegid
getresuid getresgid getgroups getpgid getpgrp setpgid getsid setsid uname sysinfo getcpu capget

sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min

futex futex_waitv get_robust_list set_robust_list set_tid_address rseq arch_prctl getrandom

sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockname getpeername getsockopt setsockopt
"""
# What would open a namespace of any kind; CLONE_NEWTIME is no flag of clone, only of clone3 and unshare.
_NAMESPACES = 0x7E020000
_LOW_32 = 0xFFFFFFFF
# FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, and what asks about a terminal without writing to one:
# TCGETS, TIOCGWINSZ, TIOCGPGRP, TIOCGSID.
_IOCTLS = (0x541B, 0x5421, 0x5451, 0x5450, 0x5401, 0x5413, 0x540F, 0x5429)
# PDEATHSIG, DUMPABLE, NAME, TIMERSLACK, SECCOMP (get), CAPBSET (read), CHILD_SUBREAPER, NO_NEW_PRIVS, THP_DISABLE,
# TID_ADDRESS, and SET_VMA, with which allocators name their memory.
_PRCTLS = (1, 2, 3, 4, 15, 16, 21, 23, 29, 30, 36, 37, 38, 39, 40, 41, 42, 0x53564D41)
_FILE_KINDS = (0, stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK)
_KIND_MASK = 0o170000
_ASK_PERSONALITY = 0xFFFFFFFF
_BINARY_TREE = 2


@functools.cache
def program() -> bytes:
    """Return the filter for this machine as classic BPF, built once in a process."""
    if ctypes.util.find_library("seccomp") is None:
        raise SandboxUnavailableError(
            "libseccomp is not installed, so a command could make any system call",
            hint="apt-get install libseccomp2",
        )
    import pyseccomp  # noqa: PLC0415 - raises at import where libseccomp is absent, and looks for it by running ldconfig

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    rules.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, _BINARY_TREE)
    conditions: list[tuple[str, tuple[int, int, int]]] = [
        ("clone", (0, _NAMESPACES, 0)),
        ("socketpair", (0, _LOW_32, socket.AF_UNIX)),
        ("personality", (0, _LOW_32, 0)),
        ("personality", (0, _LOW_32, _ASK_PERSONALITY)),
        *(("ioctl", (1, _LOW_32, request)) for request in _IOCTLS),
        *(("prctl", (0, _LOW_32, option)) for option in _PRCTLS),
        *(("mknod", (1, _KIND_MASK, kind)) for kind in _FILE_KINDS),
        *(("mknodat", (2, _KIND_MASK, kind)) for kind in _FILE_KINDS),
    ]
    for name in filter(_is_known, _PLAIN.split()):
        rules.add_rule(pyseccomp.ALLOW, name)
    for name, (position, mask, value) in conditions:
        if _is_known(name):
            rules.add_rule(pyseccomp.ALLOW, name, pyseccomp.Arg(position, pyseccomp.MASKED_EQ, mask, value))
    if _is_known("clone3"):
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _is_known(name: str) -> bool:
    """Say whether this architecture and this libseccomp have the call; what has no number needs no rule."""
    import pyseccomp  # noqa: PLC0415 - see program

    return int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)) >= 0
