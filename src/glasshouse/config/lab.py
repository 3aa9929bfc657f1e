# SPDX-License-Identifier: Apache-2.0
"""What one installation is: its folder, its keys, its name and its ledger."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from glasshouse.engines.mail import MailServer


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster elsewhere: its scheduler, the address at which its workers reach this machine, the lab's credential."""

    scheduler: str
    host: str
    credentials: Path


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab: one key, one log, one origin.

    `home` is backed up; `keys` holds the master key and the signing keys, lies outside `home` and never enters
    a backup of it. Files of more than `search_file_bytes` are not searched; the searcher holds so much plain text as
    `search_memory_bytes` says, and reads the rest again when it is needed. `searches_per_minute` may be begun by a
    person, and the other number by all of an organisation. `font` draws lines as pictures where a product asks for
    that; its bold and oblique faces lie beside it. A person is signed in `sessions_staff` times at once, or
    `sessions_visitor` times if they are no one of the vendor's; what is over of that is kept for `sign_in_days`.
    Without `mail` notices stay in the inboxes. What waits for somebody is called for after `remind_days`, is late
    `escalate_days` after that, and a grant's holder hears of its end `grant_end_days` before. Analysers run on
    `cluster`, or on this machine: `compute_workers` at a time, 0 being one for each processor.
    """

    home: Path
    keys: Path
    name: str
    origin: str
    url: str
    is_demo: bool
    witnesses: tuple[str, ...]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    checkpoint_seconds: int
    public_checkpoint_seconds: int
    master_passphrase: str
    followers: tuple[str, ...]
    search_file_bytes: int = 32 * 2**20
    search_memory_bytes: int = 2 * 2**30
    searches_per_minute: int = 300
    searches_per_minute_organisation: int = 1_500
    sessions_staff: int = 3
    sessions_visitor: int = 2
    sign_in_days: int = 30
    font: Path = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
    mail: MailServer | None = None
    remind_days: int = 5
    escalate_days: int = 3
    grant_end_days: int = 7
    cluster: Cluster | None = None
    compute_workers: int = 0

    @property
    def packs(self) -> Path:
        """Folder of the encrypted store."""
        return self.home / "store"

    @property
    def ledger(self) -> Path:
        """Folder of the log's tiles and checkpoints."""
        return self.home / "ledger"

    @property
    def run(self) -> Path:
        """Folder of sockets and locks, 0700."""
        return self.home / "run"

    @property
    def master_key(self) -> Path:
        """File of the master key, 0600."""
        return self.keys / "master.key"

    @property
    def signer(self) -> Path:
        """Folder of the log's key and the signer's last state; only the signer needs to read it."""
        return self.keys / "signer"

    @property
    def web(self) -> Path:
        """Folder of the keys of the web processes: cookies and promises."""
        return self.keys / "web"
