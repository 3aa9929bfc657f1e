# SPDX-License-Identifier: Apache-2.0
"""One small lab and its one small cast, for the tests of every room and edge.

The vendor's three officers arrange; the reviewer reads under a grant; the colleague is of the reviewer's
organisation; the stranger is of another one. The releases are made of a real tar. `furnish` wants
`settings.GLASSHOUSE` to name folders of the test's own.
"""

import functools
import io
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from glasshouse.domain.access.values import ANYWHERE, USUAL, Conditions, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.values import Ending
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import promises
from glasshouse.domain.journal import queries as journal_queries
from glasshouse.domain.people import commands as people
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom import queries as reading
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases.models import Release
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer, state_name
from glasshouse.engines.store import MasterKey
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from scripts import engaging

NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WHOLE: Final = ("**",)
EXPORT: Final = "EC-2026-1"
OF_NO_LAB: Final = frozenset({"areas", "structures", "structuretool"})
Files = Mapping[str, bytes | str]  # text is a link's target

MAIN: Final = TreePath(b"src/main.c")
HTTP: Final = TreePath(b"src/net/http.c")
SECRET: Final = TreePath(b"secret/keys.c")

FILES: Final[Files] = {
    "server-1/README": b"A server.\n\nIt serves.\n",
    "server-1/docs/guide.md": b"# Guide\n\nStart it.\n",
    "server-1/docs/old.md": b"Nobody reads this.\n",
    "server-1/empty.txt": b"",
    "server-1/latest": "src/main.c",
    "server-1/logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64),
    "server-1/secret/keys.c": b"static int canary = 1;\n" * 12,
    "server-1/src/long.c": b"int first;\n" + b"x" * 10_000 + b";\nint last;\n",
    "server-1/src/main.c": b"".join(b"int line_%d;\n" % number for number in range(1, 41)),
    "server-1/src/net/http.c": b"".join(b"/* %d */ int http_%d(void);\n" % (n, n) for n in range(1, 201)),
}


def next_version(files: Files) -> Files:
    """Return the files of the release after: one changed, one added, one removed, one moved."""
    after = {path.replace("server-1/", "server-2/"): content for path, content in files.items()}
    main = after["server-2/src/main.c"]
    assert isinstance(main, bytes)
    after["server-2/src/main.c"] = main.replace(b"int line_20;\n", b"long line_20;\nint more;\n")
    after["server-2/src/new.c"] = b"int new;\n"
    after["server-2/src/net/web.c"] = after.pop("server-2/src/net/http.c")
    del after["server-2/docs/old.md"]
    return after


def tar_of(files: Files) -> bytes:
    """Return a tar archive of these files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the tests speak of."""

    manager: Viewer
    custodian: Viewer
    officer: Viewer
    reviewer: Viewer
    colleague: Viewer
    stranger: Viewer


@dataclass(slots=True)
class House:
    """A lab that is founded, with its cast; releases and grants are made as a test asks."""

    folder: Path
    cast: Cast
    signer: Signer

    def take(self, version: str = "1", files: Files = FILES, product: str = "server") -> Release:
        """Import a release from a tar."""
        archive = self.folder / f"{product}-{version}.tar.gz"
        archive.write_bytes(tar_of(files))
        return releases.intake("operator:tests", product, version, archive, now=NOW)

    def propose(
        self,
        *taken: Release,
        patterns: tuple[str, ...] = WHOLE,
        holder: str = "reviewer@regulator.example",
        limits: Limits | None = None,
        begins: datetime = NOW,
        ends: datetime = NOW + timedelta(days=2),
        purposes: frozenset[Purpose] = USUAL,
        conditions: Conditions = ANYWHERE,
    ) -> Proposal:
        """Let the lab manager propose a grant."""
        found = Person.objects.filter(email=holder, organisation__is_vendor=False).first()
        whose = people_queries.viewer(found) if found else self.cast.reviewer
        new = NewGrant(
            self.engage(whose, *(one for one in taken if one.product_id == taken[0].product_id)),
            holder,
            Uid(taken[0].product.uid),
            tuple(Uid(one.uid) for one in taken),
            Patterns.of(patterns),
            begins,
            ends,
            limits or Limits(),
            purposes,
            conditions,
        )
        return readingroom.propose_grant(self.cast.manager, new, now=NOW)

    def engage(self, viewer: Viewer, *taken: Release) -> Uid:
        """Return an open engagement that names somebody and these releases, its terms signed by all its people."""
        uid = engaging.engage(self.office, viewer, [Uid(one.uid) for one in taken], now=NOW)
        engaging.sign(uid, now=NOW)
        return uid

    def part(self) -> None:
        """Close every open engagement."""
        for uid in Engagement.objects.filter(closed_at=None).values_list("uid", flat=True):
            engagements.close_engagement(self.cast.manager, Uid(uid), Ending.COMPLETED, "", now=NOW)

    @property
    def office(self) -> engaging.Officers:
        """The vendor's three officers."""
        return engaging.Officers(self.cast.manager, self.cast.custodian, self.cast.officer, EXPORT)

    def agree(self, proposal: Proposal, viewer: Viewer, *, basis: str = "", now: datetime = NOW) -> Proposal:
        """Let somebody agree to exactly what is proposed."""
        digest = Digest(bytes(proposal.digest))
        return readingroom.decide(viewer, Uid(proposal.uid), Verdict.AGREE, digest=digest, now=now, basis=basis)

    def grant(
        self,
        *taken: Release,
        patterns: tuple[str, ...] = WHOLE,
        holder: Viewer | None = None,
        limits: Limits | None = None,
        ends: datetime = NOW + timedelta(days=2),
        purposes: frozenset[Purpose] = USUAL,
        conditions: Conditions = ANYWHERE,
    ) -> Uid:
        """Open a grant as the vendor does: proposed by the manager, agreed by the other two."""
        viewer = holder or self.cast.reviewer
        email = Person.objects.get(uid=viewer.uid.text).email
        proposal = self.propose(
            *taken,
            patterns=patterns,
            holder=email,
            limits=limits,
            ends=ends,
            purposes=purposes,
            conditions=conditions,
        )
        self.agree(proposal, self.cast.custodian)
        self.agree(proposal, self.cast.officer, basis=EXPORT)
        found = next(one for one in reading.desk(viewer, NOW) if one.grant.proposal == proposal.uid)
        return Uid(found.grant.uid)

    def desk(self, *, patterns: tuple[str, ...] = WHOLE, limits: Limits | None = None) -> "Desk":
        """Take a release in and let the reviewer begin a visit to it."""
        return self.seat(self.cast.reviewer, self.take(), patterns=patterns, limits=limits)

    def seat(
        self,
        viewer: Viewer,
        *taken: Release,
        patterns: tuple[str, ...] = WHOLE,
        limits: Limits | None = None,
        purposes: frozenset[Purpose] = USUAL,
    ) -> "Desk":
        """Open a grant for somebody and let them begin a visit."""
        grant = self.grant(*taken, patterns=patterns, holder=viewer, limits=limits, purposes=purposes)
        release = Uid(taken[0].uid)
        visit = readingroom.begin_visit(viewer, grant, release, now=NOW)
        return Desk(viewer, grant, release, Uid(visit.uid), taken)

    def sign(self) -> int:
        """Bring every waiting entry under a signed head, as worker and signer do; return its size."""
        with Log(settings.GLASSHOUSE.ledger) as log:
            while journal.sequence():
                pass
            size = journal.integrate(log)
            head = journal_queries.signed_head()
            note = journal.sign_head(log, head[0].size if head else 0, self.signer.sign)
            if note is not None:
                journal.keep_head(note)
        return size

    @property
    def trust(self) -> str:
        """The trust file that the lab hands out on paper, without passkeys."""
        vkey = (settings.GLASSHOUSE.ledger / "log.vkey").read_text("utf-8").strip()
        return f"log {vkey}\nquorum none\n"


@dataclass(frozen=True, slots=True)
class Desk:
    """A viewer with an open visit under a grant."""

    viewer: Viewer
    grant: Uid
    release: Uid
    visit: Uid
    taken: tuple[Release, ...]


def furnish(folder: Path) -> House:
    """Found the lab that `settings.GLASSHOUSE` names and add the cast."""
    lab = settings.GLASSHOUSE
    forget()
    for needed in (lab.home, lab.keys, lab.ledger, lab.run, lab.signer, lab.web):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    MasterKey.create(lab.master_key)
    key = SigningKey.generate(lab.origin)
    signer = Signer.found(key, lab.origin, lab.signer / state_name(lab.origin))
    (lab.ledger / "log.vkey").write_text(f"{key.verifier}\n", "utf-8")
    promises.delegate_key("operator:tests", now=NOW)
    return House(folder, add_cast(), signer)


def forget() -> None:
    """Forget what this process remembers of another test's lab."""
    for name, module in list(sys.modules.items()):
        # The caches of engines and kernel, and of these three, hold nothing of a lab.
        if name.startswith(("glasshouse.domain.", "glasshouse.edges.")) and name.rpartition(".")[2] not in OF_NO_LAB:
            for value in vars(module).values():
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


def add_cast() -> Cast:
    """Add everybody."""
    return Cast(
        manager=add("manager@vendor.example", "Vendor", Role.LAB_MANAGER, is_vendor=True),
        custodian=add("custodian@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True),
        officer=add("officer@vendor.example", "Vendor", Role.EXPORT_OFFICER, is_vendor=True),
        reviewer=add("reviewer@regulator.example", "Regulator A"),
        colleague=add("colleague@regulator.example", "Regulator A"),
        stranger=add("stranger@other.example", "Laboratory B"),
    )


def add(email: str, organisation: str, *roles: Role, is_vendor: bool = False) -> Viewer:
    """Add a person, a reviewer unless roles are named."""
    new = people.NewPerson(email, email.partition("@")[0].title(), organisation, roles or [Role.REVIEWER], is_vendor)
    made = people.add_person("operator:tests", new, now=NOW)
    return people_queries.viewer(Person.objects.select_related("organisation").get(uid=made.person.text))
