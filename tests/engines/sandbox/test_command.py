# SPDX-License-Identifier: Apache-2.0
"""What a command is told arrives exactly; what could not is refused before anything starts."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.sandbox import (
    Command,
    Input,
    InvalidCommandError,
    Limits,
    Outcome,
    SandboxSetupError,
    run,
    staging,
)
from glasshouse.kernel.paths import TreePath


@pytest.mark.parametrize(
    "target", ["src", "/", "//src", "/src/", "/src/../usr", "/usr", "/usr/bin", "/proc/self", "/s\0"]
)
def test_an_input_never_covers_the_sandboxs_own_parts(target: str) -> None:
    with pytest.raises(InvalidCommandError):
        Input(Path("/srv"), target)


def test_an_input_is_named_by_its_absolute_path() -> None:
    with pytest.raises(InvalidCommandError):
        Input(Path("srv"), "/src")


@pytest.mark.parametrize(
    "words",
    [
        {"argv": ()},
        {"argv": ("",)},
        {"argv": ("A=b",)},
        {"argv": (b"A=b",)},
        {"argv": ("true", "a\0b")},
        {"argv": ("true", b"a\0b")},
        {"argv": ("true",), "environment": {"": "x"}},
        {"argv": ("true",), "environment": {"A=B": "x"}},
        {"argv": ("true",), "environment": {"A": "x\0"}},
        {"argv": ("true",), "folder": "src"},
        {"argv": ("true",), "stdin": -1},
    ],
)
def test_what_cannot_be_handed_over_exactly_is_refused(words: dict[str, object]) -> None:
    with pytest.raises(InvalidCommandError):
        Command(**words)  # type: ignore[arg-type] # each set is wrong in one way, on purpose


@pytest.mark.parametrize("words", [{"wall": 0}, {"cpu": -1}, {"wall": float("nan")}, {"address_space": 1}])
def test_a_limit_that_is_none_is_refused(words: dict[str, float]) -> None:
    with pytest.raises(InvalidCommandError):
        Limits(**words)  # type: ignore[arg-type] # each is wrong, on purpose


WORD = st.binary(max_size=40).filter(lambda word: b"\0" not in word)


@given(words=st.lists(WORD, max_size=5))
@settings(max_examples=25, deadline=None)
def test_arguments_arrive_byte_for_byte(words: list[bytes]) -> None:
    result = run(Command(argv=("printf", "%s\\0", "first", *words)), Limits(wall=30))
    assert result.stdout == b"".join(word + b"\0" for word in [b"first", *words])


@pytest.mark.parametrize("word", ["--help", "-c", "--", "--bind", "$(id)", "`id`", "'; id; '", "{gate}", "\n"])
def test_an_argument_is_never_read_as_an_option_or_a_script(word: str) -> None:
    assert run(Command(argv=("printf", "%s", word)), Limits()).stdout == word.encode()


def test_arguments_that_the_system_does_not_take_are_refused() -> None:
    with pytest.raises(InvalidCommandError):
        run(Command(argv=("true", "x" * 1_000_000)), Limits())


def test_content_a_descriptor_or_nothing_is_the_input() -> None:
    content = os.urandom(3_000_000)
    assert run(Command(argv=("cat",), stdin=content), Limits()).stdout == content
    assert run(Command(argv=("cat",)), Limits()).stdout == b""
    reader, writer = os.pipe()
    os.write(writer, b"streamed")
    os.close(writer)
    try:
        assert run(Command(argv=("cat",), stdin=reader), Limits()).stdout == b"streamed"
    finally:
        os.close(reader)


def test_several_inputs_and_a_folder_to_start_in() -> None:
    with staging() as one, staging() as two:
        one.put(TreePath(b"a"), b"1")
        two.put(TreePath(b"b"), b"2")
        inputs = (Input(one.folder, "/src"), two.input(TreePath(b"b"), "/rules/b"))
        result = run(Command(argv=("cat", "a", "/rules/b"), inputs=inputs, folder="/src"), Limits())
        assert (result.outcome, result.stdout) == (Outcome.OK, b"12")
        assert (
            run(Command(argv=("ls", "/src", "/rules"), inputs=inputs), Limits()).stdout == b"/rules:\nb\n\n/src:\na\n"
        )


def test_a_missing_input_is_told_to_the_operator_and_not_to_the_visitor() -> None:
    with pytest.raises(SandboxSetupError) as caught:
        run(Command(argv=("true",), inputs=(Input(Path("/srv/none/of/this"), "/src"),)), Limits())
    assert "/srv/none/of/this" in caught.value.detail
    assert "/srv" not in str(caught.value) + caught.value.hint
