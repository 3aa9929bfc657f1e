# SPDX-License-Identifier: Apache-2.0
"""Saved searches under what goes wrong: grants that change, damage, crashes, two workers, very many runs."""

import time
from collections.abc import Iterator, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glasshouse.domain.access.errors import GrantRevokedError
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands, saved
from glasshouse.domain.readingroom.commands import saved as verbs
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch
from glasshouse.domain.readingroom.saved import Due, Mandate
from glasshouse.domain.releases.errors import ReleaseExistsError
from glasshouse.domain.releases.models import Release
from glasshouse.engines.store import ProductStore
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel.ids import Uid
from tests.domain.readingroom.test_saved import LATER, SECOND, only, run, save, seated, third_version
from tests.lab import FILES, NOW, Files, House, next_version
from tests.searching import index, lines_of, searcher

RUNS = 10_000


@pytest.fixture(autouse=True)
def _searcher(house: House) -> Iterator[None]:
    del house
    with searcher():
        yield


def renamed(files: Files, version: str) -> Files:
    """Return the same files under another version's folder."""
    return {f"server-{version}/{path.partition('/')[2]}": content for path, content in files.items()}


def runs_of(uid: Uid) -> list[tuple[str, int]]:
    rows = SavedRun.objects.filter(saved__uid=uid.text).order_by("pk")
    return [(Release.objects.get(uid=row.release).version, row.lines) for row in rows]


def test_the_same_content_taken_again_has_no_new_line_and_hides_none_of_the_next(house: House) -> None:
    desk = seated(house)
    again = house.take("2-again", renamed(SECOND, "2-again"))
    third = house.take("3", third_version())
    assert bytes(again.root) == bytes(desk.taken[1].root)
    with pytest.raises(ReleaseExistsError):
        house.take("2", SECOND)
    uid = save(desk, "^int ")
    house.grant(again, third, holder=desk.viewer)
    assert run(third) == 3
    assert runs_of(uid) == [("2", 2), ("2-again", 0), ("3", 4)]


def test_a_release_under_a_wider_later_grant_is_looked_at_again(house: House) -> None:
    before, after = house.take(), house.take("2", SECOND)
    index(before)
    desk = house.seat(house.cast.reviewer, before)
    uid = save(desk, "^int ")
    house.grant(after, holder=desk.viewer, patterns=("docs/**",))
    assert run(after) == 1
    house.grant(after, holder=desk.viewer, patterns=("docs/**",))  # the same paths: nothing to look for
    assert run(after) == 0
    house.grant(after, holder=desk.viewer)
    assert (only(desk.viewer).due, run(after)) == (1, 1)
    assert runs_of(uid) == [("2", 0), ("2", 2)]
    assert run(after) == 0


def test_news_of_a_release_whose_grant_was_revoked_cannot_be_opened_and_come_again_with_another(house: House) -> None:
    before, after = house.take(), house.take("2", SECOND)
    index(before)
    desk = house.seat(house.cast.reviewer, before)
    uid = save(desk, "^int ")
    named = house.grant(after, holder=desk.viewer)
    run(after)
    assert saved.waiting_of(desk.viewer, LATER) == saved.Waiting(2, 1, is_exact=True)
    commands.revoke_grant(house.cast.manager, named, now=NOW)
    found = only(desk.viewer)
    assert (found.mandate, found.new, found.runs[0].lines, found.runs[0].is_open) == (Mandate.RUNS, 0, 2, False)
    assert saved.waiting_of(desk.viewer, LATER).lines == 0
    with pytest.raises(GrantRevokedError):
        commands.open_new_lines(desk.viewer, uid, found.runs[0].uid, now=NOW)
    house.grant(after, holder=desk.viewer, patterns=("src/new.c",))
    assert run(after) == 1
    found = only(desk.viewer)
    assert (found.new, [one.is_open for one in found.runs]) == (1, [True, False])
    assert lines_of(commands.open_new_lines(desk.viewer, uid, found.runs[0].uid, now=NOW)) == [
        ("src/new.c", 1, "int new;")
    ]


def test_what_waits_is_told_to_its_holder_alone_and_ends_with_grant_and_source(house: House) -> None:
    desk = seated(house)
    save(desk, "^int ")
    run(desk.taken[0])
    assert saved.waiting_of(desk.viewer, LATER).lines == 2
    for other in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        assert saved.waiting_of(other, LATER) == saved.Waiting(0, 0, is_exact=True)
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    assert saved.waiting_of(desk.viewer, LATER).lines == 0


def test_new_files_that_are_not_looked_at_are_counted_within_the_scope(house: House) -> None:
    later = dict(SECOND)
    later |= {f"server-2/{path}": b"\0\1int \2" for path in ("src/new.bin", "src/copy.bin", "secret/new.bin")}
    before, after = house.take(), house.take("2", later)
    index(before)
    desk = house.seat(house.cast.reviewer, before, after, patterns=("src/**", "logo.png"))
    save(desk, "^int ")
    run(before)
    [ran] = only(desk.viewer).runs
    # The two like files are one document; the old logo is not new, the secret is nobody's business.
    assert (ran.lines, ran.unsearched, ran.is_exact) == (2, 1, True)


def test_a_damaged_file_is_no_answer_and_stops_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = seated(house)
    save(desk, "^int ")
    document = ProductStore.document

    def damaged(store: ProductStore, digest: bytes) -> bytes:
        content = document(store, digest)
        if content == b"int new;\n":
            raise DamagedError("A file differs from its digest.")
        return content

    monkeypatch.setattr(ProductStore, "document", damaged)
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    assert (ran.lines, ran.files, ran.unsearched) == (1, 1, 1)


def test_a_release_that_cannot_be_read_stops_no_other_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = seated(house)
    first, second = save(desk, "^int ", "one"), save(desk, "^int new", "two")
    look = verbs._look

    def looking(one: Due, *given: object) -> object:
        if SavedRun.objects.exists() is False and not failed:
            failed.append(one)
            raise DamagedError("The manifest differs from its digest.")
        return look(one, *given)  # type: ignore[arg-type] # passed on as it came

    failed: list[Due] = []
    monkeypatch.setattr(verbs, "_look", looking)
    with pytest.raises(DamagedError):
        run(desk.taken[0])
    assert (runs_of(first), runs_of(second)) == ([], [("2", 1)])
    assert run(desk.taken[0]) == 1
    assert runs_of(first) == [("2", 2)]


@pytest.mark.parametrize("where", ["before", "while"])
def test_a_run_that_dies_before_it_is_recorded_comes_once_when_it_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    desk = seated(house)
    uid = save(desk, "^int ")

    class DiesError(BaseException):
        """The process ends here."""

    def dies(*_given: object, **_named: object) -> None:
        raise DiesError

    with monkeypatch.context() as broken:
        if where == "before":
            broken.setattr(verbs, "_keep", dies)
        else:
            broken.setattr(journal, "record", dies)
        with pytest.raises(DiesError):
            run(desk.taken[0])
    assert not SavedRun.objects.exists()
    assert run(desk.taken[0]) == 1
    assert run(desk.taken[0]) == 0  # the job was not marked as done: it is done again, for nothing
    assert runs_of(uid) == [("2", 2)]
    assert Event.objects.filter(kind="readingroom.search-run").count() == 1


def test_two_workers_that_look_at_the_same_keep_it_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = seated(house)
    uid = save(desk, "^int ")
    look, other = verbs._look, list[int]()

    def looking(*given: object) -> object:
        found = look(*given)  # type: ignore[arg-type] # passed on as it came
        if not other:
            other.append(0)
            other.append(run(desk.taken[0]))
        return found

    monkeypatch.setattr(verbs, "_look", looking)
    assert (run(desk.taken[0]), other) == (0, [0, 1])
    assert runs_of(uid) == [("2", 2)]
    assert Event.objects.filter(kind="readingroom.search-run").count() == 1


def test_a_search_that_is_deleted_while_it_looks_keeps_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = seated(house)
    uid = save(desk, "^int ")
    look = verbs._look

    def looking(*given: object) -> object:
        found = look(*given)  # type: ignore[arg-type] # passed on as it came
        commands.end_search(desk.viewer, uid, now=NOW)
        return found

    monkeypatch.setattr(verbs, "_look", looking)
    assert run(desk.taken[0]) == 0
    assert not SavedRun.objects.exists()


def test_ten_thousand_runs_are_told_in_few_queries_and_those_that_wait_first(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "^int ")
    run(desk.taken[0])
    row, one = SavedSearch.objects.get(), SavedRun.objects.get()
    SavedRun.objects.bulk_create(many(row, one), batch_size=500)
    began = time.monotonic()
    with CaptureQueriesContext(connection) as asked:
        found = only(desk.viewer)
    took = time.monotonic() - began
    assert (found.runs[0].uid.text, found.new, len(found.runs), found.older) == (one.uid, 2, 20, RUNS - 19)
    assert len(asked) < 30
    assert not [query for query in asked if '"places"' in query["sql"]]
    assert took < 2
    assert saved.ran(desk.viewer, uid, Uid(one.uid), LATER).lines == 2
    assert run(desk.taken[0]) == 0


def many(row: SavedSearch, one: SavedRun) -> Sequence[SavedRun]:
    """Return runs of the same release under grants of long ago."""
    return [
        SavedRun(
            uid=Uid.new().text,
            saved=row,
            grant=Uid.new().text,
            release=one.release,
            before=one.before,
            ran_at=NOW,
            lines=1,
            files=1,
            is_exact=True,
            unsearched=0,
            places=bytes(2_000),
        )
        for _ in range(RUNS)
    ]


def test_releases_of_another_product_and_older_ones_do_not_run(house: House) -> None:
    before, after = house.take(), house.take("2", next_version(FILES))
    index(before, after)
    desk = house.seat(house.cast.reviewer, after)
    uid = save(desk, "^int ")
    other = house.take("9", SECOND, product="other")
    house.grant(before, holder=desk.viewer)
    house.grant(other, holder=desk.viewer)
    assert run(before) == run(other) == 0
    assert runs_of(uid) == []


def test_a_job_that_takes_long_leaves_the_rest_to_another_behind_those_that_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "SLICE_SECONDS", 0.0)
    desk = seated(house)
    saves = [save(desk, "^int ", label) for label in ("one", "two", "three")]
    Job.objects.all().delete()
    told = list[tuple[int, int]]()
    for left in (2, 1, 0):
        runs = commands.run_saved_searches(
            Uid(desk.taken[0].product.uid), now=lambda: LATER, report=lambda done, of: told.append((done, of))
        )
        assert (runs, SavedRun.objects.count()) == (1, 3 - left)
        assert Job.objects.filter(kind=commands.RERUN).count() == min(3 - left, 2)
    assert [runs_of(uid) for uid in saves] == [[("2", 2)]] * 3
    assert (0, 3) in told  # the lease is kept while rows are passed over
