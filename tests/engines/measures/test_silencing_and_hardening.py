# SPDX-License-Identifier: Apache-2.0
import pytest

from glasshouse.engines.measures import hardening
from glasshouse.engines.measures.reckoning import SILENCED
from glasshouse.engines.measures.values import Silenced
from tests.engines.measures.small import reckoned


def silenced(name: str, text: str) -> dict[Silenced, int]:
    found = reckoned({name: text})
    return {kind: int(count) for kind, count in zip(SILENCED, found.silenced[:, 0], strict=True) if count}


@pytest.mark.parametrize(
    "text",
    [
        '#pragma GCC diagnostic ignored "-Wformat"\n',
        '#  pragma  clang diagnostic ignored "-Wall"\n',
        "#pragma warning(disable: 4996)\n",
        "#pragma warning( suppress : 6387 )\n",
        'void f() { _Pragma("GCC diagnostic ignored \\"-Wformat\\"") g(); }\n',
        "#define _CRT_SECURE_NO_WARNINGS 1\n",
        '#define QUIET _Pragma("clang diagnostic ignored \\"-Wx\\"")\n',
    ],
)
def test_a_directive_that_silences_is_counted(text: str) -> None:
    assert silenced("a.c", text) == {Silenced.PRAGMA: 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.c", "int a; // NOLINT(cert-err34-c)\n"),
        ("a.c", "/* cppcheck-suppress nullPointer */\nint a;\n"),
        ("a.c", "/*lint -e534 */ f();\n"),
        ("a.c", "/* coverity[overrun] */ f();\n"),
        ("a.py", "import subprocess  # nosec B404\n"),
        ("a.py", "x = 1  # noqa: S105\n"),
        ("a.py", "x = f()  # type: ignore[misc]\n"),
        ("a.js", "eval(x) // eslint-disable-line\n"),
        ("a.sh", "# shellcheck disable=SC2086\n"),
        ("A.java", '@SuppressWarnings("unchecked")\n'),
        ("a.rs", "#[allow(unsafe_code)]\n"),
    ],
)
def test_a_comment_that_silences_is_counted(name: str, text: str) -> None:
    assert silenced(name, text) == {Silenced.COMMENT: 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.c", 'puts("NOLINT cppcheck-suppress");\n'),
        ("a.py", "x = '# nosec'\n"),
        ("a.c", "/* the linter is right here */\n"),
        ("a.c", "#pragma GCC diagnostic push\n#pragma once\n"),
        ("Makefile", "# CFLAGS += -w -Wno-format\n\tgrep -w foo bar\n"),
    ],
)
def test_what_only_speaks_of_silence_is_not_counted(name: str, text: str) -> None:
    assert silenced(name, text) == {}


def test_flags_that_silence_are_counted() -> None:
    text = "CFLAGS += -w -Wno-format -Wno-unused-result -Wno-error=format # -Wno-all\n"
    assert silenced("Makefile", text) == {Silenced.FLAG: 3}
    assert silenced("CMakeLists.txt", "add_compile_options(/wd4996)\n") == {Silenced.FLAG: 1}


NAMES = [one.name for one in hardening.PROTECTIONS]


def protections(name: str, text: str) -> set[tuple[str, bool]]:
    return {(NAMES[one.protection], one.is_on) for one in reckoned({name: text}).protected}


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("Makefile", "CFLAGS = -O2 -fstack-protector-strong\n", {("-fstack-protector-strong", True)}),
        ("Makefile", "CFLAGS = -fno-stack-protector\n", {("-fstack-protector-strong", False)}),
        ("configure.ac", 'CFLAGS="$CFLAGS -D_FORTIFY_SOURCE=2"\n', {("-D_FORTIFY_SOURCE", True)}),
        ("configure.ac", "dnl CFLAGS=-D_FORTIFY_SOURCE=2\n", set()),
        ("Makefile", "CFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3\n", {("-D_FORTIFY_SOURCE", True)}),
        ("Makefile", "CFLAGS += -U_FORTIFY_SOURCE\n", {("-D_FORTIFY_SOURCE", False)}),
        ("Makefile", "LDFLAGS = -Wl,-z,relro,-z,now\n", {("-z relro", True), ("-z now", True)}),
        ("Makefile", "LDFLAGS = -z relro -Wl,-z -Wl,now\n", {("-z relro", True), ("-z now", True)}),
        ("Makefile", "LDFLAGS = \\\n  -fPIE \\\n  -no-pie\n", {("-fPIE and -pie", True), ("-fPIE and -pie", False)}),
        ("meson.build", "args = ['-fstack-clash-protection', '-fcf-protection=none']\n",
         {("-fstack-clash-protection", True), ("-fcf-protection", False)}),
        ("compile_commands.json", '[{"command": "cc -Wformat-security -c a.c"}]', {("-Wformat-security", True)}),
        ("debian/rules", "export X = hardening=+pie,-bindnow\n", {("-fPIE and -pie", True), ("-z now", False)}),
        ("CMakeLists.txt", 'set(CMAKE_C_FLAGS "-fstack-protector")\n', set()),
    ],
)  # fmt: skip
def test_what_a_build_says_of_protections(name: str, text: str, wanted: set[tuple[str, bool]]) -> None:
    assert protections(name, text) == wanted


def test_everything_that_debian_hardens_is_on_with_one_word() -> None:
    found = protections("debian/rules", "export DEB_BUILD_MAINT_OPTIONS=hardening=+all\n")
    assert {name for name, is_on in found if is_on} >= {"-z now", "-fPIE and -pie", "-D_FORTIFY_SOURCE"}
    assert all(is_on for _, is_on in found)
