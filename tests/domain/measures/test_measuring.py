# SPDX-License-Identifier: Apache-2.0
"""Releases are measured by content, once; sums add up, and are narrowed before anything is counted."""

from collections.abc import Mapping

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import queries as detections
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal.models import Event
from glasshouse.domain.measures import commands, queries, shelf
from glasshouse.domain.measures.commands import Done
from glasshouse.domain.measures.errors import MeasuresBusyError, NotMeasuredError
from glasshouse.domain.measures.values import Calls, Family, Gap, Silenced, Standing, Sum
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.measures.values import MAX_DOCUMENT
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import NOW, House

BODY = b"".join(b"  total%d += first%d(value, other);\n" % (one, one) for one in range(20))
FILES: Mapping[str, bytes | str] = {
    "p/Makefile": b"CFLAGS = -fstack-protector-strong -w\n",
    "p/include/safe.h": b"#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n",
    "p/src/a.c": b"int f(char *d, char *s) {\n  memcpy_s(d, 4, s, 4);\n  snprintf(d, 4, s);\n" + BODY + b"}\n",
    "p/src/net/b.c": b"// NOLINT\nint g(void) {\n  strcpy(d, s);\n" + BODY + b"  return 1;\n}\n",
    "p/src/net/Makefile": b"CFLAGS += -fno-stack-protector\n",
    "p/hidden/c.c": b"int h(int z) {\n" + BODY + b"}\n",
    "p/hidden/large.c": b"\n" * (MAX_DOCUMENT + 1),
    "p/hidden/picture.c": b"\0\1\2" * 100,
    "p/readme.txt": b"strcpy(d, s);\n",
    "p/empty.c": b"",
    "p/link.c": "src/a.c",
}
ALL = Patterns(("**",))


def taken(house: House, *files: Mapping[str, bytes | str]) -> list[ReleaseRef]:
    rows: list[Release] = [house.take(str(number), one) for number, one in enumerate(files, 1)]
    return [releases.ref(row) for row in rows]


def measure(found: ReleaseRef, *, again: bool = False) -> Done:
    return commands.measure(found.product, actor="operator:tests", now=lambda: NOW, again=again)


@pytest.fixture
def measured(house: House) -> ReleaseRef:
    (found,) = taken(house, FILES)
    measure(found)
    return found


def test_what_is_measured_and_what_is_not_is_counted(measured: ReleaseRef) -> None:
    whole = queries.figures(measured).whole
    assert whole.files == 9
    assert whole.gaps == {Gap.TOO_LARGE: 1, Gap.BINARY: 1}
    assert whole.families[Family.MEMCPY] == Calls(unsafe=1, distinct_unsafe=1)
    assert whole.families[Family.STRCPY] == Calls(unsafe=1, distinct_unsafe=1)
    assert whole.families[Family.SPRINTF] == Calls(safe=1, distinct_safe=1)
    assert whole.calls.unsafe_share == pytest.approx(2 / 3)
    assert whole.silenced == {Silenced.PRAGMA: 0, Silenced.COMMENT: 1, Silenced.FLAG: 1}
    assert whole.duplicated == 60


def test_a_protection_that_is_turned_on_and_off_is_contradicted_with_its_places(measured: ReleaseRef) -> None:
    first, *others = queries.figures(measured).protections
    assert first.standing is Standing.CONTRADICTED
    assert [(str(path), line) for path, line in first.on + first.off] == [("Makefile", 1), ("src/net/Makefile", 1)]
    assert {one.standing for one in others} == {Standing.UNSAID}


def test_a_safe_name_that_is_unsafe_becomes_a_detection(measured: ReleaseRef) -> None:
    (shadow,) = queries.figures(measured).shadows
    assert (str(shadow.path), shadow.line, shadow.name, shadow.callee) == ("include/safe.h", 1, "memcpy_s", "memcpy")
    (report,) = detections.newest_reports(measured.uid)
    assert report.tool == "glasshouse-measures"
    assert not report.is_complete  # two files were not measured
    assert [(rule.id, count) for rule, count in detections.tally(report).rules] == [("safe-name-is-unsafe", 1)]


def added(sums: list[Sum]) -> tuple[int, ...]:
    return (
        sum(one.files for one in sums),
        sum(one.not_measured for one in sums),
        sum(one.lines for one in sums),
        sum(one.code for one in sums),
        sum(one.duplicated for one in sums),
        sum(one.silenced_total for one in sums),
        *(sum(one.families[family].unsafe for one in sums) for family in Family),
        *(sum(one.families[family].safe for one in sums) for family in Family),
    )


@pytest.mark.parametrize("patterns", [ALL, Patterns(("src/**",)), Patterns(("**/*.c", "include/**"))])
def test_the_sums_of_what_is_in_a_folder_are_the_folders(measured: ReleaseRef, patterns: Patterns) -> None:
    waiting: list[TreePath | None] = [None]
    seen = 0
    while waiting:
        found = queries.figures(measured, patterns, waiting.pop())
        assert added([part.sum for part in found.parts]) == added([found.here])
        waiting += [part.path for part in found.parts if part.is_folder]
        seen += 1
    assert seen >= 3


def test_what_patterns_do_not_cover_is_in_no_sum(measured: ReleaseRef) -> None:
    found = queries.figures(measured, Patterns(("hidden/**",)))
    assert found.whole.files == 3
    assert found.whole.calls.total == 0
    assert found.whole.duplicated == 0  # its copies stand elsewhere, which is not for these eyes
    assert found.shadows == ()
    assert {one.standing for one in found.protections} == {Standing.UNSAID}
    assert [str(part.path) for part in found.parts] == ["hidden"]
    two = queries.figures(measured, Patterns(("hidden/**", "src/a.c")))
    assert two.whole.duplicated == 40
    with pytest.raises(NotFoundError):
        queries.figures(measured, Patterns(("hidden/**",)), TreePath(b"src"))


def test_the_same_content_is_never_read_twice(house: House) -> None:
    first, second = taken(house, FILES, {**FILES, "p/src/new.c": b"int n;\n"})
    assert measure(first) == Done(10, 2, 0)  # nine of the first, the new one of the second
    assert measure(first) == Done(0, 0, 0)
    (third,) = [releases.ref(house.take("3", {**FILES, "p/src/a.c": b"int changed;\n"}))]
    assert measure(third) == Done(1, 1, 0)
    assert [point.sum is not None for point in queries.over_releases((first, second, third))] == [True] * 3
    assert Event.objects.filter(kind="measures.release-measured").count() == 3


def test_measuring_again_says_the_same(measured: ReleaseRef) -> None:
    before = queries.figures(measured)
    assert measure(measured, again=True) == Done(0, 1, 0)
    assert queries.figures(measured) == before


def test_a_damaged_pack_is_made_anew(measured: ReleaseRef) -> None:
    before = queries.figures(measured)
    for path in shelf.folder(measured.product).glob("measure[ds]-*.pack"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    queries.forget()
    with pytest.raises(NotMeasuredError):
        queries.figures(measured)
    assert measure(measured).releases == 1
    assert queries.figures(measured) == before


def test_no_name_of_the_source_stands_in_clear(measured: ReleaseRef) -> None:
    for path in shelf.folder(measured.product).glob("measure*"):
        content = path.read_bytes()
        assert b"memcpy_s" not in content
        assert b"safe.h" not in content


def test_two_do_not_measure_one_product_at_once(house: House) -> None:
    (found,) = taken(house, FILES)
    with shelf.sole_writer(found.product), pytest.raises(MeasuresBusyError):
        measure(found)
    with pytest.raises(NotMeasuredError):
        queries.figures(found)


def test_what_lacks_measures_is_asked_for_once(house: House) -> None:
    (found,) = taken(house, FILES)
    for _ in range(2):
        commands.ask_for_missing(actor="operator:tests", now=NOW)
    assert Job.objects.filter(kind=queries.MEASURE).count() == 1
    Job.objects.all().delete()
    measure(found)
    commands.ask_for_missing(actor="operator:tests", now=NOW)
    assert not Job.objects.filter(kind=queries.MEASURE).exists()


def test_only_those_who_may_see_whole_releases_do(house: House, measured: ReleaseRef) -> None:
    assert queries.release(house.cast.manager, measured.uid) == measured
    for viewer in (house.cast.stranger, house.cast.reviewer, house.cast.officer):
        assert queries.products(viewer) == []
        with pytest.raises(ReleaseUnknownError):
            queries.release(viewer, measured.uid)
    with pytest.raises(ReleaseUnknownError):
        queries.release(house.cast.manager, Uid.new())
