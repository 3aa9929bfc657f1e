# SPDX-License-Identifier: Apache-2.0
import pytest

from glasshouse.engines.measures.meaning import Verdict
from glasshouse.engines.measures.reckoning import Measures
from glasshouse.engines.measures.vocabulary import FAMILIES, Family, claims_safety
from tests.engines.measures.small import reckoned

SAFE, UNSAFE, EITHER = Verdict.SAFE, Verdict.UNSAFE, Verdict.EITHER


def counted(found: Measures, family: Family, verdict: Verdict, *, file: int | None = None) -> int:
    rows = found.calls[(found.calls[:, 2] == FAMILIES.index(family)) & (found.calls[:, 3] == verdict)]
    return int(rows[:, 5].sum() if file is None else rows[rows[:, 0] == file][:, 5].sum())


def body(*statements: str) -> str:
    return "void f(char *d, const char *s, int n) {\n" + "\n".join(statements) + "\n}\n"


def test_safe_and_unsafe_calls_are_told_apart() -> None:
    found = reckoned({"a.c": body("memcpy(d, s, n);", "memcpy_s(d, 9, s, n);", "strcpy(d, s);", "snprintf(d, n, s);")})
    assert counted(found, Family.MEMCPY, UNSAFE) == 1
    assert counted(found, Family.MEMCPY, SAFE) == 1
    assert counted(found, Family.STRCPY, UNSAFE) == 1
    assert counted(found, Family.SPRINTF, SAFE) == 1


@pytest.mark.parametrize(
    "text",
    [
        "void *memcpy(void *d, const void *s, unsigned long n);\n",
        'extern "C" {\nvoid *memcpy(void *, const void *, unsigned long);\n}\n',
        "namespace x { struct S { void memcpy(int); }; }\n",
        body("o->memcpy(d);", "o.memcpy(d);", "Mine::memcpy(d);"),
        body("/* memcpy(d, s, n); */", "// memcpy(d, s, n);", 'puts("memcpy(d, s, n)");'),
        "#define COPY(d, s) memcpy(d, s, 4)\n",
        body("copy = memcpy;", "int memcpy(int);"),
    ],
)
def test_what_only_names_a_function_is_no_call_of_it(text: str) -> None:
    assert counted(reckoned({"a.cpp": text}), Family.MEMCPY, UNSAFE) == 0


@pytest.mark.parametrize(
    "text",
    [
        body("(void)memcpy(d, s, n);"),
        body("std::memcpy(d, s, n); "),
        body("if (n) memcpy\n(d, s, n);"),
        body("mem\\\ncpy(d, s, n);"),
        body("return memcpy(d, s, n);"),
        "int f(a)\nint a;\n{ memcpy(a, a, 1); }\n",
        "class C { void f() { memcpy(a, b, 1); } };\n",
        "#if A\nvoid f(int a) {\n#else\nvoid f(long a) {\n#endif\nmemcpy(a, a, 1);\n}\nvoid *memcpy(int);\n",
    ],
)
def test_a_call_is_seen_however_it_is_written(text: str) -> None:
    assert counted(reckoned({"a.cpp": text}), Family.MEMCPY, UNSAFE) == 1


def test_macros_are_followed_through_headers_as_often_as_they_call() -> None:
    found = reckoned(
        {
            "copy.h": "#define COPY memcpy\n#define TWICE(d, s, n) do { COPY(d, s, n); COPY(s, d, n); } while (0)\n",
            "a.c": body("COPY(d, s, n);", "TWICE(d, s, n);"),
        }
    )
    assert counted(found, Family.MEMCPY, UNSAFE) == 3


def test_a_macro_without_brackets_that_calls_is_counted_where_it_stands() -> None:
    found = reckoned({"a.c": "#define CLEAR memset(d, 0, 4)\n" + body("CLEAR;", "CLEAR;")})
    assert counted(found, Family.MEMSET, UNSAFE) == 2


def test_a_macro_of_another_source_file_is_not_seen() -> None:
    found = reckoned({"a.c": "#define COPY memcpy\n", "b.c": body("COPY(d, s, n);")})
    assert counted(found, Family.MEMCPY, UNSAFE) == 0


def test_a_wrapper_that_hands_its_parameters_on_counts_as_what_it_calls() -> None:
    found = reckoned(
        {
            "x.c": "void *copy(void *to, const void *from, unsigned n) { return memcpy(to, (char *)from, n); }\n",
            "a.c": body("copy(d, s, n);"),
        }
    )
    assert counted(found, Family.MEMCPY, UNSAFE, file=1) == 1
    assert found.calls[found.calls[:, 0] == 1][0, 4] == 1


def test_a_wrapper_that_compares_the_size_is_safe() -> None:
    text = "int put(char *d, int n, const char *s) { if (strlen(s) >= n) return 1; strcpy(d, s); return 0; }\n"
    found = reckoned({"x.c": text, "a.c": body("put(d, n, s);")})
    assert counted(found, Family.STRCPY, SAFE, file=1) == 1
    assert not found.shadows


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n", "memcpy_s"),
        ("#define memcpy_s memcpy\n", "memcpy_s"),
        ("#define strcpy_s(d, n, s) RAW(d, s)\n#define RAW(d, s) strcpy((d), (s))\n", "strcpy_s"),
        ("static void safe_strcpy(char *d, const char *s, int n) { (void)n; strcpy(d, s); }\n", "safe_strcpy"),
        (
            "char *SecureCopy(char *d, const char *s, int n)\n{\n  if (!d) return 0;\n  return strcpy(d, s);\n}\n",
            "SecureCopy",
        ),
        ("#define my_memcpy_s(d, n, s, c) (n > 0 ? memcpy(d, s, c) : 0)\n#define x_s(d, n, s) strcpy(d, s)\n", "x_s"),
    ],
)
def test_a_safe_name_that_is_unsafe_is_told(text: str, name: str) -> None:
    assert name in [one.name for one in reckoned({"safe.h": text}).shadows]


@pytest.mark.parametrize(
    "text",
    [
        "#define memcpy_s(d, n, s, c) ((c) <= (n) ? memcpy(d, s, c) : 0)\n",
        "#define unsafe_copy(d, s, n) memcpy(d, s, n)\n",
        "#define safe_print(d, n, f) snprintf(d, n, f)\n",
        "int memcpy_s(void *d, int n, const void *s, int c) { if (c > n) return 1; memcpy(d, s, c); return 0; }\n",
    ],
)
def test_a_name_that_keeps_its_promise_is_not_told(text: str) -> None:
    assert reckoned({"safe.h": text}).shadows == ()


def test_calls_of_a_safe_name_that_is_unsafe_count_as_unsafe() -> None:
    found = reckoned({"s.h": "#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n", "a.c": body("memcpy_s(d, 9, s, n);")})
    assert counted(found, Family.MEMCPY, UNSAFE) == 1
    assert counted(found, Family.MEMCPY, SAFE) == 0


def test_what_headers_define_differently_is_of_either_kind() -> None:
    found = reckoned(
        {
            "linux.h": "#define PUT(d, n, s) strcpy(d, s)\n",
            "windows.h": "#define PUT(d, n, s) strcpy_s(d, n, s)\n",
            "a.c": body("PUT(d, n, s);"),
            "b.c": "#define PUT(d, n, s) strcpy(d, s)\n" + body("PUT(d, n, s);"),
        }
    )
    assert counted(found, Family.STRCPY, EITHER, file=2) == 1
    assert counted(found, Family.STRCPY, UNSAFE, file=3) == 1


def test_a_known_name_redefined_to_what_cannot_be_followed_is_never_lost() -> None:
    text = "#define memcpy(d, s, n) checked_##op(d, s, n)\n#define strcpy other\n"
    found = reckoned({"m.h": text, "a.c": body("memcpy(d, s, n);", "strcpy(d, s);")})
    assert counted(found, Family.MEMCPY, EITHER) == 1
    assert counted(found, Family.STRCPY, EITHER) == 1


def test_names_that_deny_safety_claim_none() -> None:
    assert claims_safety(b"memcpy_s")
    assert claims_safety(b"BoundedCopy")
    assert not claims_safety(b"unsafe_copy")
    assert not claims_safety(b"copy_unchecked")
    assert not claims_safety(b"memcpy")
