# SPDX-License-Identifier: Apache-2.0
"""A saved search tells its holder counts of new lines between visits, and shows them in a visit like any search."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from glasshouse.domain.access.errors import BudgetExhaustedError, GrantEndedError, GrantRevokedError
from glasshouse.domain.access.values import Limits
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, Seed, SeedClass
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, saved
from glasshouse.domain.readingroom.commands import saved as verbs
from glasshouse.domain.readingroom.errors import (
    ManySavedSearchesError,
    NoSavedSearchError,
    NoVisitError,
    ProductDestroyedError,
    SearchErasedError,
)
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch
from glasshouse.domain.readingroom.saved import Mandate, Saved
from glasshouse.domain.releases import newlines, vault
from glasshouse.domain.releases.models import Release
from glasshouse.engines.store.errors import BrokenSealError
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.lab import FILES, NOW, Desk, Files, House, next_version
from tests.plaintext import Search
from tests.searching import index, lines_of, search, searcher

LATER = NOW + timedelta(hours=1)
SECOND = next_version(FILES)


def third_version() -> Files:
    """Return a release with one more like line, one that moved down, a copy of a new file, and new secrets."""
    after = {path.replace("server-2/", "server-3/"): content for path, content in SECOND.items()}
    main = after["server-3/src/main.c"]
    assert isinstance(main, bytes)
    after["server-3/src/main.c"] = b"/* moved */\n" + main + b"int more;\nint last_of_all;\n"
    after["server-3/src/copy.c"] = b"int new;\nint two;\n"
    after["server-3/src/copies/copy.c"] = b"int new;\nint two;\n"
    after["server-3/secret/keys.c"] = b"static int canary = 2;\n"
    return after


@pytest.fixture(autouse=True)
def _searcher(house: House) -> Iterator[None]:
    del house
    with searcher():
        yield


def save(desk: Desk, pattern: str, label: str = "watch", **how: object) -> Uid:
    """Search the desk's first release and save that."""
    one = Desk(desk.viewer, desk.grant, desk.release, desk.visit, desk.taken[:1])
    shown = search(one, pattern, after="", **how)
    return commands.save_search(desk.viewer, desk.grant, shown.view.recorded.uid, label, now=NOW)


def run(taken: Release, now: datetime = LATER) -> int:
    """Run the saved searches of a release's product, as the worker's job does."""
    return commands.run_saved_searches(Uid(taken.product.uid), now=lambda: now, report=lambda _done, _of: None)


def only(viewer: Viewer, now: datetime = LATER) -> Saved:
    """Return the one saved search of somebody."""
    [found] = saved.saved_of(viewer, now)
    return found


def seated(house: House, *patterns: str) -> Desk:
    """Seat the reviewer at two releases, of which the first is indexed."""
    before, after = house.take(), house.take("2", SECOND)
    index(before)
    return house.seat(house.cast.reviewer, before, after, patterns=patterns or ("**",))


def test_a_newer_release_of_the_grant_is_counted_once_and_only_what_is_new(house: House) -> None:
    desk = seated(house)
    save(desk, "^int ")
    assert (only(desk.viewer).due, only(desk.viewer).new) == (1, 0)
    assert Job.objects.get(kind=commands.RERUN).arguments == {"product": desk.taken[0].product.uid}
    assert run(desk.taken[0]) == 1
    found = only(desk.viewer)
    [ran] = found.runs
    assert (ran.before.version, ran.release.version) == ("1", "2")
    # `int more;` in the changed file and `int new;` in the new one; the moved file holds no new line.
    assert (ran.lines, ran.files, ran.is_exact, found.new, found.due) == (2, 2, True, 2, 0)
    assert run(desk.taken[0]) == 0
    told = notices.inbox(desk.viewer).filter(kind="readingroom.search-news")
    assert [(one.route, one.subject) for one in told] == [("saved-searches", found.uid.text)]


def test_like_lines_copies_and_moved_lines_are_told_from_new_ones(house: House) -> None:
    desk = seated(house)
    third = house.take("3", third_version())
    save(desk, "^(static )?int ")
    run(desk.taken[0])
    later = house.grant(desk.taken[0], desk.taken[1], third, holder=desk.viewer)
    run(third)
    newest = only(desk.viewer).runs[0]
    # A second `int more;`, `int last_of_all;`, the copies' two lines once, the changed secret.
    assert (newest.before.version, newest.release.version, newest.lines, newest.files) == ("2", "3", 5, 3)
    shown = commands.open_new_lines(desk.viewer, only(desk.viewer).uid, newest.uid, now=NOW)
    assert sorted((path, text) for path, _, text in lines_of(shown)) == [
        ("secret/keys.c", "static int canary = 2;"),
        ("src/copies/copy.c", "int new;"),
        ("src/copies/copy.c", "int two;"),
        ("src/main.c", "int last_of_all;"),
        ("src/main.c", "int more;"),
    ]
    assert [str(at.path) for file in shown.files for at in file.also] == ["src/copy.c"]
    assert shown.view.room.grant == later


def test_a_later_grant_runs_what_is_saved_under_the_patterns_of_both(house: House) -> None:
    desk = seated(house, "src/**", "secret/**")
    third = house.take("3", third_version())
    save(desk, "^(static )?int ")
    Job.objects.all().delete()
    house.grant(desk.taken[1], third, holder=desk.viewer, patterns=("docs/**", "secret/**"))
    assert Job.objects.filter(kind=commands.RERUN).count() == 1
    run(third)
    newest = only(desk.viewer).runs[0]
    assert (newest.release.version, newest.lines, newest.files) == ("3", 1, 1)


def test_nobody_elses_grant_and_nothing_outside_the_patterns_runs_or_counts(house: House) -> None:
    desk = seated(house, "docs/**")
    third = house.take("3", third_version())
    save(desk, "canary|int")
    house.grant(desk.taken[0], third, holder=house.cast.colleague)
    assert run(third) == 1
    found = only(desk.viewer)
    assert [(ran.release.version, ran.lines) for ran in found.runs] == [("2", 0)]
    assert saved.saved_of(house.cast.colleague, LATER) == []


def test_paths_and_language_narrow_what_is_new(house: House) -> None:
    desk = seated(house)
    save(desk, "int", "a", paths=("src/new.c",))
    save(desk, "int", "b", language="Python")
    run(desk.taken[0])
    assert {one.label: one.new for one in saved.saved_of(desk.viewer, LATER)} == {"a": 1, "b": 0}


def test_opening_is_a_showing_charged_and_recorded_and_news_no_more(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "^int ", context=1)
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    before = search(desk, "nothing of it").view.balance.day.used
    shown = commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW)
    assert lines_of(shown) == [
        ("src/main.c", 20, "long line_20;"),
        ("src/main.c", 21, "int more;"),
        ("src/main.c", 22, "int line_21;"),
        ("src/new.c", 1, "int new;"),
    ]
    assert (shown.hits, shown.rest, shown.view.balance.day.used) == (2, "", before + 4)
    row = Event.objects.get(uid=shown.view.recorded.uid.text)
    fields = journal.open_event(row, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.VISITOR)).fields
    assert row.kind == "readingroom.search-shown"
    assert fields["shown"]["saved"] == uid.text  # type: ignore[index,call-overload] # a mapping
    assert fields["query"]["pattern"] == "^int "  # type: ignore[index,call-overload] # a mapping
    assert only(desk.viewer).new == 0
    assert commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW).view.charged == 1


def test_pages_of_new_lines_go_on_and_miss_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newlines, "PAGE", 1)
    desk = seated(house)
    uid = save(desk, "^int ")
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    first = commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW)
    second = commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW, after=first.rest)
    assert [text for _, _, text in lines_of(first) + lines_of(second)] == ["int more;", "int new;"]
    assert second.rest == ""
    for after in ("2", "99", "-1", "x", "٣", "9" * 9):
        with pytest.raises((NotFoundError, InvalidError)):
            commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW, after=after)


def test_a_run_that_finds_very_much_counts_at_least_and_keeps_some_places(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newlines, "MOST_LINES", 1)
    monkeypatch.setattr(newlines, "MOST_PLACES", 1)
    desk = seated(house)
    uid = save(desk, "int")
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    assert (ran.lines, ran.is_exact) == (1, False)
    assert not only(desk.viewer).is_exact
    assert commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW).hits == 1


def test_a_budget_that_does_not_reach_shows_nothing_and_keeps_the_news(house: House) -> None:
    before, after = house.take(), house.take("2", SECOND)
    index(before)
    desk = house.seat(house.cast.reviewer, before, after, limits=Limits(hour=2))
    uid = save(desk, "no such thing|^int (more|new);")
    run(before)
    [ran] = only(desk.viewer).runs
    assert ran.lines == 2
    with pytest.raises(BudgetExhaustedError):
        commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW)
    assert only(desk.viewer).new == 2


def test_no_new_line_is_shown_without_a_visit(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int")
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    with pytest.raises(NoVisitError):
        commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW)


def test_a_grant_that_was_revoked_lapses_says_so_and_runs_no_more(house: House) -> None:
    desk = seated(house)
    third = house.take("3", third_version())
    uid = save(desk, "^int ")
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    house.grant(desk.taken[0], third, holder=desk.viewer)
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    assert run(third) == 0
    found = only(desk.viewer)
    assert (found.mandate, found.due, found.new) == (Mandate.GRANT_REVOKED, 0, 0)
    with pytest.raises(GrantRevokedError):
        commands.open_new_lines(desk.viewer, uid, ran.uid, now=NOW)
    with pytest.raises(GrantRevokedError):
        save(desk, "int")


def test_a_grant_that_ended_lapses(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int")
    late = NOW + timedelta(days=3)
    assert run(desk.taken[0], late) == 0
    assert only(desk.viewer, late).mandate is Mandate.GRANT_ENDED
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    with pytest.raises(GrantEndedError):
        commands.open_new_lines(desk.viewer, uid, ran.uid, now=late)


def test_a_grant_revoked_while_it_looks_keeps_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = seated(house)
    save(desk, "int")
    look = verbs._look

    def looking(*given: object) -> object:
        found = look(*given)  # type: ignore[arg-type] # passed on as it came
        commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
        return found

    monkeypatch.setattr(verbs, "_look", looking)
    assert run(desk.taken[0]) == 0
    assert not SavedRun.objects.exists()
    assert not Event.objects.filter(kind="readingroom.search-run").exists()


def test_a_destroyed_product_lapses_and_tells_counts_alone(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int")
    run(desk.taken[0])
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    assert run(desk.taken[0]) == 0
    found = only(desk.viewer)
    assert (found.mandate, found.label, found.new) == (Mandate.PRODUCT_DESTROYED, "watch", 0)
    assert found.runs[0].lines == 2
    with pytest.raises(ProductDestroyedError):
        commands.open_new_lines(desk.viewer, uid, found.runs[0].uid, now=NOW)
    commands.ask_for_missing_runs(actor="operator:worker", now=LATER)
    commands.end_search(desk.viewer, uid, now=LATER)


def test_a_product_destroyed_while_it_looks_ends_the_job_in_peace(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = seated(house)
    save(desk, "int")
    sides = newlines._Sides.fresh

    def fresh(given: newlines._Sides) -> list[int]:
        proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
        house.agree(proposal, house.cast.custodian)
        house.agree(proposal, house.cast.officer)
        return sides(given)

    monkeypatch.setattr(newlines._Sides, "fresh", fresh)
    assert run(desk.taken[0]) == 0
    assert not SavedRun.objects.exists()


def test_an_erased_pattern_lapses(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int")
    run(desk.taken[0])
    row = SavedSearch.objects.get(uid=uid.text)
    Seed.objects.filter(event__uid__in=[row.search, row.named], seed_class=SeedClass.VISITOR).delete()
    found = only(desk.viewer)
    assert (found.mandate, found.label, found.asked) == (Mandate.ERASED, None, None)
    with pytest.raises(SearchErasedError):
        commands.open_new_lines(desk.viewer, uid, found.runs[0].uid, now=NOW)


def test_a_closed_account_is_not_looked_for(house: House) -> None:
    desk = seated(house)
    save(desk, "int")
    Person.objects.filter(pk=desk.viewer.row).update(is_active=False)
    assert run(desk.taken[0]) == 0


def test_another_viewers_search_is_not_there_in_any_way(house: House) -> None:
    desk = seated(house)
    shown = search(desk, "int")
    uid = save(desk, "int")
    run(desk.taken[0])
    [ran] = only(desk.viewer).runs
    for viewer in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        with pytest.raises(NoSavedSearchError):
            saved.saved(viewer, uid, NOW)
        with pytest.raises(NoSavedSearchError):
            commands.rename_search(viewer, uid, "mine", now=NOW)
        with pytest.raises(NoSavedSearchError):
            commands.end_search(viewer, uid, now=NOW)
        with pytest.raises(NoSavedSearchError):
            commands.open_new_lines(viewer, uid, ran.uid, now=NOW)
        with pytest.raises(NotFoundError):
            commands.save_search(viewer, desk.grant, shown.view.recorded.uid, "mine", now=NOW)
    other = house.seat(house.cast.colleague, *desk.taken)
    mine = save(other, "int")
    with pytest.raises(NoSavedSearchError):
        commands.open_new_lines(other.viewer, mine, ran.uid, now=NOW)
    with pytest.raises(NotFoundError):
        commands.save_search(other.viewer, other.grant, shown.view.recorded.uid, "mine", now=NOW)


def test_only_a_search_can_be_saved_and_under_its_own_grant(house: House) -> None:
    desk = seated(house)
    begun = Event.objects.filter(kind="readingroom.visit-opened").get()
    with pytest.raises(NotFoundError):
        commands.save_search(desk.viewer, desk.grant, Uid(begun.uid), "x", now=NOW)
    shown = search(desk, "int")
    for label in ("", "  ", "x" * 81, "a\nb", "a\u202eb", "a\0b"):
        with pytest.raises(InvalidError):
            commands.save_search(desk.viewer, desk.grant, shown.view.recorded.uid, label, now=NOW)
    assert not SavedSearch.objects.exists()


def test_renaming_and_deleting_are_recorded_and_what_is_deleted_runs_no_more(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int")
    commands.rename_search(desk.viewer, uid, "  all of it ", now=NOW)
    assert only(desk.viewer).label == "all of it"
    commands.end_search(desk.viewer, uid, now=NOW)
    assert saved.saved_of(desk.viewer, NOW) == []
    assert run(desk.taken[0]) == 0
    with pytest.raises(NoSavedSearchError):
        commands.end_search(desk.viewer, uid, now=NOW)
    with pytest.raises(NoSavedSearchError):
        commands.rename_search(desk.viewer, uid, "x", now=NOW)
    kinds = Event.objects.filter(subject=uid.text).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [f"readingroom.search-{what}" for what in ("saved", "renamed", "ended")]


def test_a_person_keeps_a_bounded_number(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "MAX_SAVED", 1)
    desk = seated(house)
    uid = save(desk, "int")
    with pytest.raises(ManySavedSearchesError):
        save(desk, "int")
    commands.end_search(desk.viewer, uid, now=NOW)
    save(desk, "int")


def test_what_is_looked_for_and_what_was_found_rest_in_no_column(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "int more", "potoroo label")
    run(desk.taken[0])
    row = SavedRun.objects.get()
    words = (b"int more", b"potoroo", b"main.c")
    assert Search(words).rows() == set()
    with pytest.raises(BrokenSealError):
        vault.sealer(Uid(desk.taken[0].product.uid), saved.PURPOSE).open(bytes(row.places), context=uid.text.encode())
    told = Event.objects.get(kind="readingroom.search-run")
    assert told.actor == "operator:worker"
    opened = journal.open_event(told, vault.journal_sealer).fields
    assert opened["run"] == {
        "before": str(only(desk.viewer).base.root),
        "files": 1,
        "is_exact": True,
        "lines": 1,
        "unsearched": 0,
    }


def test_places_that_were_moved_to_another_run_open_nothing(house: House) -> None:
    desk = seated(house)
    one, other = save(desk, "int more", "one"), save(desk, "^int ", "other")
    run(desk.taken[0])
    theirs = SavedRun.objects.get(saved__uid=other.text)
    mine = SavedRun.objects.get(saved__uid=one.text)
    SavedRun.objects.filter(pk=mine.pk).update(places=theirs.places)
    with pytest.raises(BrokenSealError):
        commands.open_new_lines(desk.viewer, one, Uid(mine.uid), now=NOW)


def test_what_was_not_run_is_asked_for_again_once(house: House) -> None:
    desk = seated(house)
    save(desk, "int")
    Job.objects.all().delete()
    for _ in range(2):
        commands.ask_for_missing_runs(actor="operator:worker", now=LATER)
    assert Job.objects.filter(kind=commands.RERUN).count() == 1
    run(desk.taken[0])
    Job.objects.all().delete()
    commands.ask_for_missing_runs(actor="operator:worker", now=LATER)
    assert not Job.objects.exists()
