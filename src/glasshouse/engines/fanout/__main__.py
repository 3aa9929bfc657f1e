# SPDX-License-Identifier: Apache-2.0
"""The processes of a cluster: `python -m glasshouse.engines.fanout credentials|scheduler|workers`.

`local` and `dispatch` are started by a lab, which tells them what they need as JSON.
"""

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

from glasshouse.engines.fanout import credentials, roles
from glasshouse.engines.fanout.credentials import Credential, Role
from glasshouse.engines.fanout.keeping import Plan, keep_cluster, keep_workers
from glasshouse.kernel.errors import GlasshouseError

GIB: Final = 2**30


def main() -> None:
    """Play the role that the arguments name."""
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    told = _arguments().parse_args()
    try:
        match told.role:
            case "credentials":
                credentials.write(told.folder)
            case "scheduler":
                roles.configure()
                own = Credential.of(told.credentials, Role.SCHEDULER)
                asyncio.run(roles.schedule(own, host=told.host, port=told.port, told=print))
            case "workers":
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the folder in memory is removed then
                _work(told)
            case "local":
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # the lab decides when a cluster ends
                plan = json.loads(told.plan)
                keep_cluster(Plan(**(plan | {"packages": tuple(plan["packages"])})))
            case "dispatch":
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                roles.configure()
                own = Credential(told.authority, told.own)
                asyncio.run(roles.dispatch(own, told.scheduler, socket.socket(fileno=told.talk)))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except GlasshouseError as error:
        print(error.message, error.hint, file=sys.stderr)  # noqa: T201 -- a command's answer
        sys.exit(error.exit_code)


def _work(told: argparse.Namespace) -> None:
    own = Credential.of(told.credentials, Role.WORKER)
    with tempfile.TemporaryDirectory(prefix="glasshouse-compute-", dir="/dev/shm") as folder:
        keep_workers(
            told.count,
            lambda: roles.work(
                own,
                told.scheduler,
                host=told.host,
                folder=Path(folder),
                memory=int(told.memory * GIB),
                packages=tuple(told.package),
            ),
        )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m glasshouse.engines.fanout")
    roles_of = parser.add_subparsers(dest="role", required=True)
    made = roles_of.add_parser("credentials", help="make a cluster's credentials in a new folder")
    made.add_argument("folder", type=Path)
    scheduler = roles_of.add_parser("scheduler", help="run the scheduler of a cluster")
    scheduler.add_argument("--credentials", type=Path, required=True)
    scheduler.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    scheduler.add_argument("--port", type=int, default=8786)
    workers = roles_of.add_parser("workers", help="run workers of a cluster on this machine")
    workers.add_argument("--credentials", type=Path, required=True)
    workers.add_argument("--scheduler", required=True, help="its address, such as tls://10.0.0.5:8786")
    workers.add_argument("--host", default="127.0.0.1", help="the address of this machine that the others reach")
    workers.add_argument("--count", type=int, default=1, help="how many units at a time")
    workers.add_argument("--memory", type=float, default=2.0, help="GiB that one worker may hold")
    workers.add_argument("--package", action="append", default=["glasshouse"], help=argparse.SUPPRESS)
    roles_of.add_parser("local").add_argument("plan")
    dispatch = roles_of.add_parser("dispatch")
    for name in ("authority", "own", "scheduler"):
        dispatch.add_argument(name)
    dispatch.add_argument("talk", type=int)
    return parser


if __name__ == "__main__":
    main()
