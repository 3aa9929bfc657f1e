# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys
from pathlib import Path

import glasshouse_verify as v
import pytest
import rfc8785

from tests.verifier.synthetic import NOW, RELEASE, VISIT, Lab, Story, b64, sha, story, zipped

SOURCE = Path(v.__file__)


@pytest.fixture
def folder(tmp_path: Path, visit: Story) -> Path:
    (tmp_path / "receipt.zip").write_bytes(visit.zip)
    (tmp_path / "keys.txt").write_bytes(visit.trust)
    (tmp_path / "checkpoint").write_bytes(visit.checkpoint)
    return tmp_path


def run(folder: Path, *words: str) -> int:
    return v.main([str(folder / word) if (folder / word).exists() else word for word in words])


def proof_file(visit: Story, number: int = 1, *, extra: bytes | None = None) -> bytes:
    record = visit.lab.chain[number]
    lines = ["c2sp.org/tlog-proof@v1"] + ([] if extra is None else [f"extra {b64(extra)}"])
    lines += [f"index {record.index}", *map(b64, visit.lab.tree.inclusion(record.index)), "", ""]
    return "\n".join(lines).encode() + visit.checkpoint


def test_each_kind_of_file_is_proved(folder: Path, visit: Story, capsys: pytest.CaptureFixture[str]) -> None:
    record = visit.lab.chain[1]
    (folder / "entry.tlog-proof").write_bytes(proof_file(visit))
    (folder / "carried.tlog-proof").write_bytes(proof_file(visit, extra=record.commitment))
    assert run(folder, "receipt.zip", "--trust", "keys.txt") == 0
    assert run(folder, "checkpoint", "--trust", "keys.txt") == 0
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt", "--commitment", record.commitment.hex()) == 0
    assert run(folder, "carried.tlog-proof", "--trust", "keys.txt") == 0
    text = capsys.readouterr().out
    assert text.count("verdict: proved\n") == 4
    assert f"the entry with commitment {record.commitment.hex()} stands in that tree at index {record.index}" in text


def test_a_proof_of_another_entry_is_broken(folder: Path, visit: Story) -> None:
    (folder / "entry.tlog-proof").write_bytes(proof_file(visit))
    other = visit.lab.chain[2].commitment
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt", "--commitment", other.hex()) == 1
    (folder / "entry.tlog-proof").write_bytes(proof_file(visit, extra=other))
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt") == 1
    mine = visit.lab.chain[1].commitment.hex()
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt", "--commitment", mine) == 1


def test_a_proof_that_carries_its_event_says_what_the_event_says(
    folder: Path, visit: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = visit.lab.opened(visit.lab.chain[1], "actor")
    extra = rfc8785.dumps({name: opened[name] for name in ("boxes", "fields", "openings")})
    (folder / "entry.tlog-proof").write_bytes(proof_file(visit, extra=extra))
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt") == 0
    text = capsys.readouterr().out
    assert '"path":"core/main.c"' in text
    assert "what 1 field of the entry say" in text


def test_a_proof_without_its_entry_asks_for_it(folder: Path, visit: Story, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "entry.tlog-proof").write_bytes(proof_file(visit))
    assert run(folder, "entry.tlog-proof", "--trust", "keys.txt") == 2
    assert "--commitment" in capsys.readouterr().err


def test_without_trust_the_author_is_unknown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "receipt.zip") == 3
    text = capsys.readouterr().out
    assert text.endswith("verdict: consistent, author unknown\n")
    assert not any(line.startswith("proved") for line in text.splitlines())


def test_a_broken_receipt_claims_nothing(folder: Path, visit: Story, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "receipt.zip").write_bytes(zipped(visit.receipt | {"visit": "0"}, visit.checkpoint))
    assert run(folder, "receipt.zip", "--trust", "keys.txt") == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.split(" ")[0] for line in lines if line} == {"broken", "not", "verdict:"}


def test_json_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "receipt.zip", "--trust", "keys.txt", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["exit"]) == ("proved", 0)
    assert {line["standing"] for line in told["lines"]} == {"proved", "not proved"}
    assert [view["number"] for view in told["facts"]["views"]] == [2, 3]


def test_views_are_listed_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "receipt.zip", "--trust", "keys.txt", "--views")
    assert "view 3  2026-11-23T08:00:05.000000Z  core/buffer.c  lines 2 to 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["absent.zip"], ["receipt.zip", "--trust", "absent"], ["receipt.zip", "--trust", "receipt.zip"]]
)
def test_an_unusable_file_is_a_usage_error_with_its_reason(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *words) == 2
    assert capsys.readouterr().err.startswith("glasshouse-verify: ")


def test_help_gives_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        v.main(["--help"])
    assert stopped.value.code == 0
    assert "glasshouse-verify receipt.zip --trust keys.txt" in capsys.readouterr().out


_HOOKED = """
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(("socket.", "urllib.", "http.")) else None)
import socket
socket.gethostname()
assert seen == ["socket.gethostname"], seen
seen.clear()
sys.modules.pop("socket")
before = set(sys.modules)
sys.path.insert(0, {folder!r})
import glasshouse_verify
code = glasshouse_verify.main([{receipt!r}, "--trust", {trust!r}])
loaded = set(sys.modules) - before
assert seen == [], seen
assert not loaded & {{"socket", "_socket", "ssl", "urllib.request", "http", "http.client", "asyncio"}}, loaded
assert not any(name.startswith(("glasshouse.", "django")) for name in loaded), loaded
sys.exit(code)
"""


def test_no_socket_is_opened_and_no_network_module_is_loaded(folder: Path) -> None:
    program = _HOOKED.format(
        folder=str(SOURCE.parent), receipt=str(folder / "receipt.zip"), trust=str(folder / "keys.txt")
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "verdict: proved" in done.stdout


def test_nothing_outside_the_standard_library_and_cryptography_is_imported() -> None:
    for name, allowed in (("glasshouse_verify", set()), ("glasshouse_witness", {"glasshouse_verify"})):
        text = (SOURCE.parent / f"{name}.py").read_text()
        heads = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
        assert heads - set(sys.stdlib_module_names) == {"cryptography"} | allowed


def test_a_receipt_of_thousands_of_views_is_proved() -> None:
    lab = Lab()
    lab.delegate()
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    paths = list(RELEASE.files)
    for number in range(2000):
        lab.view(RELEASE, paths[number % len(paths)], 1, 1)
    receipt = lab.receipt(lab.close(lab.statement()), [RELEASE])
    verdict = v.verify_receipt(zipped(receipt, lab.checkpoint()), v.Trust.parse(lab.trust()), now=NOW)
    assert verdict.exit_code == 0
    assert len(verdict.facts["views"]) == 2000


def test_one_false_promise_among_many_is_found() -> None:
    visit = story()
    for _ in range(50):
        visit.lab.view(RELEASE, "core/main.c", 1, 1)
    receipt = visit.lab.receipt(None, [RELEASE])
    for place in (10, 41):
        receipt["events"][place]["promise"]["signature"] = b64(sha(b"1") + sha(b"2"))
    verdict = v.verify_receipt(zipped(receipt, visit.lab.checkpoint()), v.Trust.parse(visit.trust), now=NOW)
    assert verdict.exit_code == 1
