# SPDX-License-Identifier: Apache-2.0
"""A tool's results come in whole or not at all, keep their identity while code moves, and silence closes none."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import commands, queries, shelf
from glasshouse.domain.detections.errors import NotComparableError, ReportDamagedError
from glasshouse.domain.detections.models import CodePath, Detection, Report, Standing
from glasshouse.domain.detections.sightings import Tree
from glasshouse.domain.detections.values import Said, Taken
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import symbols, vault
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.engines.formats.sarif import InvalidSarifError, SarifTooLargeError, Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.engines.store.errors import KeyDestroyedError
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import NOW, House

ONE = b"""int first(char *to, char *from)
{
    strcpy(to, from);
    return 0;
}

int second(char *to)
{
    gets(to);
    return 1;
}
"""
MOVED = b"/* a line */\n/* and another */\n" + ONE
EDITED = ONE.replace(b"strcpy(to, from);", b"strcpy(to, from + 1);")
FILES = {"p/one.c": ONE, "p/two.c": b"int two;\n"}
USUAL = Said()
Where = tuple[str, str, int]


def sarif(results: Sequence[Where], tool: str = "cutter", **more: Any) -> dict[str, Any]:
    rules = sorted({rule for rule, _, _ in results})
    return {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": tool, "version": "1.2", "rules": [{"id": rule} for rule in rules]}},
                "results": [
                    {
                        "ruleId": rule,
                        "level": "error",
                        "message": {"text": f"{rule} is dangerous"},
                        "locations": [
                            {"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}
                        ],
                    }
                    for rule, path, line in results
                ],
                **more,
            }
        ],
    }


class Desk:
    """Hands files of results in."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder

    def release(self, version: str, files: dict[str, bytes]) -> Release:
        row = self.house.take(version, files)
        symbols.index(Uid(row.product.uid), [releases.ref(one) for one in row.product.releases.all()])
        return row

    def hand_in(self, version: str, told: dict[str, Any] | bytes, said: Said = USUAL) -> tuple[Taken, ...]:
        source = self.folder / "results.sarif"
        source.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
        return commands.take_reports("operator:tests", "server", version, source, now=NOW, said=said)

    def one(self, version: str, results: Sequence[Where], said: Said = USUAL, **more: Any) -> Taken:
        (taken,) = self.hand_in(version, sarif(results, **more), said)
        return taken


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


FIRST = [("strcpy", "one.c", 3), ("gets", "one.c", 9)]
COMPLETE = Said(is_complete=True)


def states(taken: Taken) -> dict[str, int]:
    return {state.value: count for state, count in taken.states.items()}


def test_a_first_report_is_all_new_and_says_what_it_could_not_use(desk: Desk) -> None:
    desk.release("1", FILES)
    told = sarif([*FIRST, ("gets", "one.c", 9), ("gets", "elsewhere.c", 1)])
    told["runs"][0]["results"].append({"ruleId": "ok", "kind": "pass", "message": {"text": "fine"}})
    (taken,) = desk.hand_in("1", told)
    assert (taken.results, taken.folded, taken.not_failed, taken.outside) == (5, 1, 1, 1)
    assert states(taken) == {"new": 3}
    assert (taken.tool, taken.base, taken.is_new) == ("cutter", "", True)
    event = Event.objects.get(kind="detections.report-taken")
    assert event.subject == taken.uid.text
    tally = queries.tally(queries.report(taken.uid))
    assert tally.severities == {Severity.HIGH: 3}
    assert [(rule.id, count) for rule, count in tally.rules] == [("gets", 2), ("strcpy", 1)]


def test_the_same_file_again_changes_nothing_and_the_same_results_again_are_unchanged(desk: Desk) -> None:
    desk.release("1", FILES)
    first = desk.one("1", FIRST)
    again = desk.one("1", FIRST)
    assert (again.uid, again.is_new) == (first.uid, False)
    assert Event.objects.filter(kind="detections.report-taken").count() == 1
    (written_otherwise,) = desk.hand_in("1", json.dumps(sarif(FIRST), indent=4).encode())
    assert states(written_otherwise) == {"unchanged": 2}
    assert written_otherwise.is_new
    assert Detection.objects.count() == 2


def test_a_detection_keeps_its_identity_when_its_code_moves_and_is_told_apart_when_it_was_edited(desk: Desk) -> None:
    desk.release("1", FILES)
    desk.release("2", FILES | {"p/one.c": MOVED})
    desk.release("3", FILES | {"p/one.c": EDITED})
    desk.release("4", {"p/renamed.c": EDITED, "p/two.c": FILES["p/two.c"]})
    first = desk.one("1", FIRST)
    second = desk.one("2", [("strcpy", "one.c", 5), ("gets", "one.c", 11)])
    assert (states(second), second.base) == ({"unchanged": 2}, "1")
    third = desk.one("3", FIRST)
    assert states(third) == {"unchanged": 1, "edited": 1}
    fourth = desk.one("4", [("strcpy", "renamed.c", 3), ("gets", "renamed.c", 9)])
    assert states(fourth) == {"moved": 2}
    assert Detection.objects.count() == 2
    found = queries.difference(queries.report(first.uid), queries.report(fourth.uid))
    assert (found.only_before, found.only_after, found.both) == (0, 0, 2)


def test_silence_closes_nothing_until_somebody_answers_for_it(desk: Desk) -> None:
    desk.release("1", FILES)
    desk.release("2", FILES | {"p/one.c": ONE.replace(b"gets(to);", b"read_line(to);")})
    desk.release("3", FILES)
    desk.one("1", FIRST)
    silent = desk.one("2", FIRST[:1], tool="cutter")
    assert states(silent) == {"unchanged": 1, "unknown": 1}
    with_rules = sarif(FIRST)
    with_rules["runs"][0]["results"].pop()
    (claimed,) = desk.hand_in("2", with_rules, COMPLETE)
    assert states(claimed) == {"unchanged": 1, "absent": 1}
    back = desk.one("3", FIRST, COMPLETE)
    assert states(back) == {"unchanged": 1, "reopened": 1}
    assert Detection.objects.count() == 2


def test_a_rule_that_is_off_or_a_file_that_failed_leaves_what_it_found_unknown(desk: Desk) -> None:
    desk.release("1", FILES)
    desk.one("1", FIRST, COMPLETE)
    assert states(desk.one("1", FIRST[:1], COMPLETE)) == {"unchanged": 1, "unknown": 1}  # gets is not declared
    failed = {
        "level": "error",
        "message": {"text": "cannot parse"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "one.c"}}}],
    }
    told = sarif(FIRST, invocations=[{"executionSuccessful": True, "toolExecutionNotifications": [failed]}])
    told["runs"][0]["results"] = []
    (nothing,) = desk.hand_in("1", told, COMPLETE)
    assert states(nothing) == {"unknown": 2}


def test_a_tool_that_gives_every_result_one_fingerprint_merges_nothing(desk: Desk) -> None:
    desk.release("1", FILES)
    told = sarif(FIRST, tool="semgrep")
    for result in told["runs"][0]["results"]:
        result["fingerprints"] = {"matchBasedId/v1": "requires login"}
    (taken,) = desk.hand_in("1", told)
    assert states(taken) == {"new": 2}
    assert Detection.objects.count() == 2
    told["runs"][0]["results"].reverse()
    (again,) = desk.hand_in("1", told)
    assert states(again) == {"unchanged": 2}


def test_a_file_with_several_runs_gives_a_report_each(desk: Desk) -> None:
    desk.release("1", FILES)
    told = sarif(FIRST)
    told["runs"] += sarif([], tool="silent")["runs"] + sarif(FIRST[:1], tool="other")["runs"]
    assert [(one.tool, one.results) for one in desk.hand_in("1", told)] == [("cutter", 2), ("silent", 0), ("other", 1)]
    here = queries.newest_reports(Uid(Release.objects.get().uid))
    assert [one.tool for one in here] == ["cutter", "other", "silent"]
    with pytest.raises(NotComparableError):
        queries.difference(here[0], here[1])


@pytest.mark.parametrize("spoilt", [b"{", b"[]", b'{"version":"2.1.0","runs":[{"tool":{}}]}'])
def test_what_is_no_sarif_is_refused_with_its_place_and_nothing_of_it_stays(desk: Desk, spoilt: bytes) -> None:
    desk.release("1", FILES)
    with pytest.raises(InvalidSarifError):
        desk.hand_in("1", spoilt)
    assert not Report.objects.exists()
    assert not Event.objects.filter(kind="detections.report-taken").exists()


def test_a_result_that_is_refused_late_takes_the_whole_file_with_it(desk: Desk) -> None:
    desk.release("1", FILES)
    told = sarif(FIRST)
    told["runs"] += sarif(FIRST, tool="other")["runs"]
    told["runs"][1]["results"][1]["level"] = "no level"
    with pytest.raises(InvalidSarifError):
        desk.hand_in("1", told)
    assert not Report.objects.exclude(taken_at=None).exists()
    product = Uid(Release.objects.get().product.uid)
    desk.one("1", FIRST)
    assert Report.objects.count() == 1
    assert Standing.objects.count() == Detection.objects.count() == 2
    assert len(list(shelf.folder(product).glob("report-*"))) == 1


def test_only_a_plain_file_of_a_known_release_is_taken_in(desk: Desk, tmp_path: Path) -> None:
    desk.release("1", FILES)
    with pytest.raises(ReleaseUnknownError):
        desk.one("9", FIRST)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidError):
        commands.take_reports("operator:tests", "server", "1", tmp_path / "pipe", now=NOW)


def test_a_file_of_ten_gigabytes_is_refused_before_it_is_read(desk: Desk, tmp_path: Path) -> None:
    desk.release("1", FILES)
    with (tmp_path / "huge.sarif").open("wb") as file:
        file.truncate(10 * 2**30)
    begun = time.process_time()
    with pytest.raises(SarifTooLargeError):
        commands.take_reports("operator:tests", "server", "1", tmp_path / "huge.sarif", now=NOW)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "uri",
    ["../../etc/passwd", "/etc/passwd", "file:///etc/shadow", "%2e%2e/%2e%2e/etc/passwd", "p/../../one.c", "a\0b"],
)
def test_a_path_that_lies_outside_is_told_as_such_and_nothing_of_it_is_read(
    desk: Desk, read: list[str], uri: str
) -> None:
    desk.release("1", FILES)
    taken = desk.one("1", [("gets", uri, 1)])
    assert (taken.outside, states(taken)) == (1, {"new": 1})
    assert read == []
    standing = Standing.objects.get()
    assert (standing.path, bytes(standing.blob)) == (None, b"")


def test_nesting_without_end_is_refused_with_its_place(desk: Desk) -> None:
    desk.release("1", FILES)
    told = (
        json.dumps(sarif(FIRST)).encode().replace(b'"message": {', b'"properties": ' + b"[" * 100_000 + b', "m": {', 1)
    )
    with pytest.raises(InvalidSarifError, match=r"/runs/0/results/0"):
        desk.hand_in("1", told)
    assert not Report.objects.exists()


def test_nothing_of_paths_messages_or_lines_rests_in_the_open(desk: Desk) -> None:
    desk.release("1", {"p/very_secret_name.c": ONE})
    taken = desk.one("1", [("strcpy", "very_secret_name.c", 3)])
    product = Uid(Release.objects.get().product.uid)
    content = b"".join(path.read_bytes() for path in shelf.folder(product).iterdir())
    assert b"very_secret" not in content
    assert b"dangerous" not in content
    assert bytes(CodePath.objects.get().tag) == vault.path_id(product, b"very_secret_name.c")
    result = shelf.Kept(product, queries.report(taken.uid).pack).results([0])[0]
    assert result.message == "strcpy is dangerous"
    vault.ring().destroy(product)
    vault.close()
    with pytest.raises(KeyDestroyedError):
        queries.tally(queries.report(taken.uid))


def test_a_damaged_report_is_told_and_not_compared_with(desk: Desk) -> None:
    desk.release("1", FILES)
    taken = desk.one("1", FIRST)
    product = Uid(Release.objects.get().product.uid)
    pack = shelf.folder(product) / queries.report(taken.uid).pack
    pack.write_bytes(pack.read_bytes()[:-9])
    with pytest.raises(ReportDamagedError):
        desk.one("1", FIRST[:1])


def test_what_only_one_organisation_may_see_is_compared_with_its_own(desk: Desk) -> None:
    desk.release("1", FILES)
    desk.one("1", FIRST)
    party = Uid.new().text
    own = desk.one("1", FIRST, Said(party=party))
    assert states(own) == {"new": 2}
    release = Uid(Release.objects.get().uid)
    assert [one.uid for one in queries.newest_reports(release, party=party)] == [own.uid.text]
    assert own.uid.text not in [one.uid for one in queries.newest_reports(release)]


def test_a_standing_that_is_not_seen_keeps_where_its_details_lie(desk: Desk) -> None:
    desk.release("1", FILES)
    first = desk.one("1", FIRST)
    later = desk.one("1", FIRST[:1])
    gone = Standing.objects.get(report__uid=later.uid.text, state=DetectionState.UNKNOWN)
    assert (gone.seen_in.uid, gone.known) == (first.uid.text, "new")
    kept = shelf.Kept(Uid(gone.report.product), gone.seen_in.pack)
    assert kept.results([gone.seen_number])[gone.seen_number].rule_id == "gets"


def test_counts_are_narrowed_to_what_a_grant_covers(desk: Desk) -> None:
    desk.release("1", {"p/a/one.c": ONE, "p/b/one.c": ONE, "p/b/two.c": ONE})
    told = [("gets", "a/one.c", 9), ("gets", "b/one.c", 9), ("strcpy", "b/two.c", 3), ("gets", "outside.c", 3)]
    report = queries.report(desk.one("1", told).uid)

    def rules(*globs: str) -> dict[str, int]:
        tally = queries.tally(report, Patterns(globs))
        assert sum(tally.states.values()) == sum(count for _, count in tally.rules)
        return {rule.id: count for rule, count in tally.rules}

    assert rules("**") == {"gets": 3, "strcpy": 1}
    assert rules("b/**") == {"gets": 1, "strcpy": 1}
    assert rules("a/**") == {"gets": 1}
    assert rules("c/**") == {}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose text was read."""
    paths: list[str] = []
    reads = Tree.read

    def noted(tree: Tree, path: TreePath, places: Sequence[tuple[int, int]]) -> Any:
        paths.append(str(path))
        return reads(tree, path, places)

    monkeypatch.setattr(Tree, "read", noted)
    return paths


def test_a_file_that_did_not_change_is_not_read_again_and_one_that_did_is(desk: Desk, read: list[str]) -> None:
    desk.release("1", FILES)
    desk.release("2", FILES | {"p/one.c": MOVED})
    desk.one("1", FIRST)
    assert read == ["one.c"]
    assert states(desk.one("1", [*FIRST, ("gets", "two.c", 1)])) == {"unchanged": 2, "new": 1}
    assert read == ["one.c", "two.c"]
    assert states(desk.one("2", [("strcpy", "one.c", 5), ("gets", "one.c", 11)])) == {"unchanged": 2, "unknown": 1}
    assert read == ["one.c", "two.c", "one.c"]


def test_what_was_read_before_its_functions_were_known_is_read_again(desk: Desk, read: list[str]) -> None:
    row = desk.house.take("1", FILES)
    desk.one("1", FIRST)
    symbols.index(Uid(row.product.uid), [releases.ref(row)])
    assert states(desk.one("1", list(reversed(FIRST)))) == {"moved": 2}
    assert read == ["one.c", "one.c"]
    assert states(desk.one("1", FIRST)) == {"unchanged": 2}
    assert read == ["one.c", "one.c"]
