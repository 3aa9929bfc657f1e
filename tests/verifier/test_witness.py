# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import glasshouse_verify as v
import glasshouse_witness as w
import pytest

from tests.verifier.synthetic import NOW, ORIGIN, NoteKey, Tree, b64, checkpoint_text, note, sha

LOG = NoteKey.new(ORIGIN, 1)
SOURCE = Path(w.__file__)


def tree_of(size: int, fork: bytes = b"") -> Tree:
    return Tree(sha(b"entry %d" % number) + (fork if number == 3 else b"") for number in range(size))


def signed(tree: Tree, size: int, key: NoteKey = LOG, origin: str = ORIGIN) -> bytes:
    text = checkpoint_text(tree, origin, size)
    return note(text, key.line(text))


def asking(
    tree: Tree, old: int, size: int, *, proof: list[bytes] | None = None, checkpoint: bytes | None = None
) -> bytes:
    hashes = (tree.consistency(old, size) if old else []) if proof is None else proof
    return "\n".join([f"old {old}", *map(b64, hashes), "", ""]).encode() + (checkpoint or signed(tree, size))


@pytest.fixture
def witness(tmp_path: Path) -> w.Witness:
    made = w.Witness.create(tmp_path / "state", "w1.example")
    made.trust(LOG.vkey)
    return made


def refused(witness: w.Witness, request: bytes) -> w.RefusedError:
    before = witness.last(ORIGIN)
    with pytest.raises(w.RefusedError) as caught:
        witness.cosign(request, now=NOW)
    assert witness.last(ORIGIN) == before
    return caught.value


def test_a_tree_that_grows_is_cosigned_step_by_step(witness: w.Witness) -> None:
    tree, key = tree_of(40), v.VerifierKey.parse(witness.vkey)
    for old, size in ((0, 1), (1, 1), (1, 5), (5, 8), (8, 8), (8, 40)):
        line = witness.cosign(asking(tree, old, size), now=NOW)
        verified, _ = v.Checkpoint.parse(signed(tree, size) + line.encode()).note.verify([key])
        assert verified == {key: int(NOW.timestamp())}
    last = witness.last(ORIGIN)
    assert last is not None
    assert (last.size, last.root) == (40, tree.root())


def test_its_memory_outlives_it(witness: w.Witness) -> None:
    tree = tree_of(9)
    witness.cosign(asking(tree, 0, 9), now=NOW)
    again = w.Witness.open(witness.folder)
    assert again.vkey == witness.vkey
    assert refused(again, asking(tree_of(9, b"fork"), 0, 9)).size == 9


def test_two_forks_are_refused(witness: w.Witness) -> None:
    tree, fork = tree_of(8), tree_of(20, b"fork")
    witness.cosign(asking(tree, 0, 8), now=NOW)
    same_size = refused(witness, asking(fork, 8, 8, proof=[]))
    assert (same_size.status, same_size.size) == (HTTPStatus.CONFLICT, 8)
    assert refused(witness, asking(fork, 8, 20)).status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert refused(witness, asking(fork, 0, 20)).status is HTTPStatus.CONFLICT


def test_a_smaller_tree_is_refused(witness: w.Witness) -> None:
    tree = tree_of(8)
    witness.cosign(asking(tree, 0, 8), now=NOW)
    assert refused(witness, asking(tree, 5, 5, proof=[])).size == 8
    assert refused(witness, asking(tree, 8, 5, proof=[])).status is HTTPStatus.BAD_REQUEST


def test_an_empty_tree_may_be_the_beginning(witness: w.Witness) -> None:
    tree = tree_of(4)
    witness.cosign(asking(tree, 0, 0), now=NOW)
    witness.cosign(asking(tree, 0, 0), now=NOW)
    assert refused(witness, asking(tree, 0, 4, proof=[bytes(32)])).status is HTTPStatus.UNPROCESSABLE_ENTITY
    witness.cosign(asking(tree, 0, 4), now=NOW)


def test_an_empty_tree_with_a_false_root_is_refused(witness: w.Witness) -> None:
    text = f"{ORIGIN}\n0\n{b64(bytes(32))}\n"
    request = asking(tree_of(1), 0, 0, checkpoint=note(text, LOG.line(text)))
    assert refused(witness, request).status is HTTPStatus.UNPROCESSABLE_ENTITY


def test_unknown_logs_and_false_keys_are_refused(witness: w.Witness) -> None:
    tree = tree_of(3)
    other = NoteKey.new("lab.example/two", 1)
    unknown = asking(tree, 0, 3, checkpoint=signed(tree, 3, other, "lab.example/two"))
    assert refused(witness, unknown).status is HTTPStatus.NOT_FOUND
    stranger = asking(tree, 0, 3, checkpoint=signed(tree, 3, other))
    assert refused(witness, stranger).status is HTTPStatus.FORBIDDEN
    text = checkpoint_text(tree)
    false = asking(tree, 0, 3, checkpoint=note(text, LOG.line(text.replace("3", "4"))))
    assert refused(witness, false).status is HTTPStatus.FORBIDDEN
    cosigner = NoteKey(ORIGIN, 4, LOG.private)
    as_witness = asking(tree, 0, 3, checkpoint=note(text, cosigner.line(text, 1)))
    assert refused(witness, as_witness).status is HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"old 0\n\n",
        b"old 00\n\n" + signed(tree_of(3), 3),
        b"old -1\n\n" + signed(tree_of(3), 3),
        b"old 0 \n\n" + signed(tree_of(3), 3),
        b"old 0\n" + signed(tree_of(3), 3),
        b"old 0\nAAAA\n\n" + signed(tree_of(3), 3),
        b"new 0\n\n" + signed(tree_of(3), 3),
        b"old 0\r\n\r\n" + signed(tree_of(3), 3),
        asking(tree_of(3), 0, 3, proof=[bytes(32)] * 64),
        signed(tree_of(3), 3),
        b"old 9223372036854775808\n\n" + signed(tree_of(3), 3),
    ],
)
def test_a_request_in_another_form_is_refused(witness: w.Witness, request_bytes: bytes) -> None:
    assert refused(witness, request_bytes).status is HTTPStatus.BAD_REQUEST


def test_no_bit_of_a_request_can_change_unseen(witness: w.Witness) -> None:
    tree = tree_of(7)
    witness.cosign(asking(tree, 0, 5), now=NOW)
    request = bytearray(asking(tree, 5, 7))
    for place in range(len(request)):
        for bit in range(8):
            request[place] ^= 1 << bit
            with pytest.raises(w.RefusedError):
                witness.cosign(bytes(request), now=NOW)
            request[place] ^= 1 << bit
    assert witness.cosign(bytes(request), now=NOW)


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_memory_signs_nothing(witness: w.Witness, damage: bytes | None) -> None:
    tree = tree_of(4)
    witness.cosign(asking(tree, 0, 2), now=NOW)
    (kept,) = (path for path in (witness.folder / "trees").iterdir() if path.suffix == "")
    kept.write_bytes(damage if damage is not None else signed(tree, 2, NoteKey.new("other", 1), "other"))
    with pytest.raises(w.WitnessError):
        witness.cosign(asking(tree, 2, 4), now=NOW)
    with pytest.raises(w.WitnessError):
        witness.cosign(asking(tree, 0, 4), now=NOW)


def test_a_key_that_others_can_read_is_refused(witness: w.Witness) -> None:
    assert (witness.folder / "key").stat().st_mode & 0o777 == 0o600
    (witness.folder / "key").chmod(0o640)
    with pytest.raises(w.WitnessError, match="can be read by others"):
        w.Witness.open(witness.folder)


def test_a_second_witness_does_not_replace_the_first(witness: w.Witness) -> None:
    with pytest.raises(w.WitnessError, match="already holds"):
        w.Witness.create(witness.folder, "w2.example")
    assert w.Witness.open(witness.folder).vkey == witness.vkey


def test_of_many_rival_forks_at_once_only_one_is_ever_cosigned(witness: w.Witness) -> None:
    forks = [asking(tree_of(6, b"fork %d" % number), 0, 6) for number in range(16)]
    start = threading.Barrier(len(forks))

    def ask(request: bytes) -> bool:
        start.wait()
        try:
            return bool(w.Witness.open(witness.folder).cosign(request, now=NOW))
        except w.RefusedError:
            return False

    with ThreadPoolExecutor(len(forks)) as pool:
        assert sum(pool.map(ask, forks)) == 1


def test_killed_at_any_moment_it_never_signs_two_forks(witness: w.Witness, tmp_path: Path) -> None:
    """A process cosigns one history as fast as it can and is killed; then it is offered the other history."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from datetime import datetime, UTC\n"
        "import glasshouse_witness as w\n"
        "one = w.Witness.open(Path(sys.argv[2]))\n"
        "for path in sorted(Path(sys.argv[3]).iterdir()):\n"
        "    try: line = one.cosign(path.read_bytes(), now=datetime.now(tz=UTC))\n"
        "    except w.RefusedError: continue\n"
        "    sys.stdout.write(path.name + ' ' + line); sys.stdout.flush()\n"
    )
    sizes = 400
    histories = {name: tree_of(sizes + 1, fork) for name, fork in (("a", b""), ("b", b"fork"))}
    for name, tree in histories.items():
        (tmp_path / name).mkdir()
        for size in range(4, sizes):
            old = 0 if size == 4 else size - 1
            (tmp_path / name / f"{size:05d}").write_bytes(asking(tree, old, size))
    answered: set[tuple[str, int]] = set()
    for turn in range(10):
        name = "ab"[turn % 2]
        words = [sys.executable, "-c", program, str(SOURCE.parent), str(witness.folder), str(tmp_path / name)]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        ) as child:
            assert child.stdout is not None
            first = child.stdout.readline() if name == "a" else b""
            time.sleep(turn * 0.007 if name == "a" else 0.6)
            child.send_signal(signal.SIGKILL)
            lines = (first + child.stdout.read()).decode().splitlines()
        answered |= {(name, int(line.split()[0])) for line in lines if line.count(" ") == 3}
        last = witness.last(ORIGIN)
        assert last is not None
        assert last.root == histories["a"].root(0, last.size)
        assert last.size >= max(size for _, size in answered)
    assert {name for name, _ in answered} == {"a"}


# -- HTTP on loopback


@pytest.fixture
def server(witness: w.Witness) -> Iterator[w.WitnessServer]:
    with w.WitnessServer(witness, ("127.0.0.1", 0)) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def url(server: w.WitnessServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_it_answers_over_http_as_c2sp_asks(server: w.WitnessServer, witness: w.Witness) -> None:
    tree, fork = tree_of(12), tree_of(12, b"fork")
    status, line = w.submit(url(server), asking(tree, 0, 7))
    key = v.VerifierKey.parse(witness.vkey)
    assert (status, line.startswith("\N{EM DASH} w1.example ")) == (200, True)
    assert key in v.Checkpoint.parse(signed(tree, 7) + line.encode()).note.verify([key])[0]
    assert w.submit(url(server), asking(tree, 0, 12)) == (409, "7\n")
    assert w.submit(url(server), asking(fork, 7, 7, proof=[])) == (409, "7\n")
    assert w.submit(url(server), asking(fork, 7, 12))[0] == 422
    assert w.submit(url(server), asking(tree, 12, 7, proof=[]))[0] == 400
    assert w.submit(url(server), b"old\n\n")[0] == 400
    stranger = NoteKey.new("lab.example/two", 1)
    assert w.submit(url(server), asking(tree, 0, 7, checkpoint=signed(tree, 7, stranger, stranger.name)))[0] == 404
    assert w.submit(url(server), asking(tree, 7, 12, checkpoint=signed(tree, 12, stranger)))[0] == 403
    assert w.submit(url(server), asking(tree, 7, 12))[0] == 200


def test_a_connection_is_kept_and_the_size_has_its_own_type(server: w.WitnessServer) -> None:
    connection = HTTPConnection("127.0.0.1", int(server.server_address[1]), timeout=5)
    tree = tree_of(3)
    for expected in (200, 409):
        connection.request("POST", "/add-checkpoint", asking(tree, 0, 3))
        answer = connection.getresponse()
        assert answer.status == expected
        kind, body = answer.getheader("Content-Type"), answer.read()
    assert (kind, body) == ("text/x.tlog.size", b"3\n")
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/add-checkpoint", {}, 501),
        ("POST", "/", {"Content-Length": "0"}, 404),
        ("POST", "/add-checkpoint", {"Content-Length": "999999999"}, 413),
        ("POST", "/add-checkpoint", {"Content-Length": "-1"}, 411),
        ("POST", "/add-checkpoint", {"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_other_requests_are_turned_away_unread(
    server: w.WitnessServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    connection = HTTPConnection("127.0.0.1", int(server.server_address[1]), timeout=5)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_a_damaged_memory_answers_500_and_signs_nothing(
    server: w.WitnessServer, witness: w.Witness, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = tree_of(4)
    assert w.submit(url(server), asking(tree, 0, 2))[0] == 200
    (kept,) = (path for path in (witness.folder / "trees").iterdir() if path.suffix == "")
    kept.write_bytes(b"garbage")
    status, text = w.submit(url(server), asking(tree, 2, 4))
    assert (status, "\N{EM DASH}" in text) == (500, False)
    assert "signs nothing" in capsys.readouterr().err


# -- the command


def test_the_command_makes_trusts_cosigns_and_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, file = str(tmp_path / "state"), tmp_path / "request.txt"
    assert w.main(["init", "--name", "w9.example", "--state", state]) == 0
    key = v.VerifierKey.parse(capsys.readouterr().out.strip())
    assert w.main(["trust", "--state", state, LOG.vkey]) == 0
    assert w.main(["trust", "--state", state, LOG.vkey]) == 0
    assert w.Witness.open(tmp_path / "state").logs() == [v.VerifierKey.parse(LOG.vkey)]
    file.write_bytes(asking(tree_of(5), 0, 5))
    capsys.readouterr()
    assert w.main(["cosign", "--state", state, str(file)]) == 0
    line = capsys.readouterr().out.encode()
    assert key in v.Checkpoint.parse(signed(tree_of(5), 5) + line).note.verify([key])[0]
    file.write_bytes(asking(tree_of(5, b"fork"), 5, 5, proof=[]))
    assert w.main(["cosign", "--state", state, str(file)]) == 1
    out = capsys.readouterr()
    assert (out.out, "this log has forked" in out.err) == ("", True)
    assert w.main(["show", "--state", state]) == 0
    assert f"log {ORIGIN}: 5 entries, root {tree_of(5).root().hex()}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["init", "--name", "a b", "--state", "state"],
        ["show", "--state", "absent"],
        ["send", "--to", "ftp://x", "absent"],
        ["send", "--to", "ftp://x", "request"],
        ["trust", "--state", "made", "not-a-key"],
        ["serve", "--state", "made", "--listen", "8090"],
    ],
)
def test_wrong_words_are_a_usage_error_with_their_reason(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("request").write_bytes(b"old 0\n")
    w.Witness.create(Path("made"), "w1.example")
    assert w.main(words) == 2
    assert capsys.readouterr().err.startswith("glasshouse-witness: ")
