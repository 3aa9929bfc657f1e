# SPDX-License-Identifier: Apache-2.0
"""Speaking to a lab over HTTP in a person's session, under the same grants and budgets as the pages.

The session lies in `~/.config/glasshouse/session.json`, mode 0600. Its cookie goes to the lab that gave it and
nowhere else: no redirect is followed, certificates are checked, and plain http is for this machine only.
"""

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

import glasshouse
from glasshouse.kernel.errors import ConflictError, GlasshouseError, InvalidError, NotFoundError, RefusedError

HEADERS: Final = {"X-Glasshouse": "cli", "User-Agent": f"glasshouse/{glasshouse.__version__} ({platform.system()})"}
SECONDS: Final = 60.0
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FAMILIES: Final[Mapping[int, type[GlasshouseError]]] = {
    400: InvalidError,
    401: RefusedError,
    403: RefusedError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidError,
    429: ConflictError,
}
_HINTS: Final[Mapping[str, str]] = {
    "http.not-signed-in": "Sign in with `glasshouse login`.",
    "readingroom.no-visit": "Begin one with `glasshouse visit begin`; its end gives you a receipt.",
}
Answer = dict[str, Any]


class NotSignedInError(RefusedError):
    """No session of this terminal is at hand."""

    code = "cli.not-signed-in"


class UnreachableError(ConflictError):
    """The lab does not answer."""

    code = "cli.unreachable"


class LabFailedError(GlasshouseError):
    """The lab answered what no lab answers: a bug there, or no lab at all."""

    code = "cli.lab-failed"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as this terminal keeps it."""

    url: str
    cookie: str
    value: str
    person: str
    until: str

    @classmethod
    def load(cls) -> Self:
        """Read the kept session; raise when there is none."""
        try:
            return cls(**json.loads(session_file().read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise NotSignedInError("This terminal is not signed in.", hint=_HINTS["http.not-signed-in"]) from error

    def keep(self) -> None:
        """Write the session for its owner alone, in place of the one before."""
        path = session_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_suffix(".tmp")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file)
        partial.replace(path)


def session_file() -> Path:
    """Return where this person's session lies."""
    return Path.home() / ".config" / "glasshouse" / "session.json"


def lab_address(text: str) -> str:
    """Return the address of a lab; raise unless it is https, or http on this machine."""
    parts = urlsplit(text)
    is_http_here = parts.scheme == "http" and parts.hostname in _HERE
    if not parts.hostname or not (parts.scheme == "https" or is_http_here) or parts.path.strip("/") or parts.query:
        raise InvalidError(f"Not a lab's address: {text!r}", hint="Write https://lab.example.")
    return f"{parts.scheme}://{parts.netloc}"


class Lab:
    """One lab, spoken to in JSON."""

    def __init__(self, client: httpx.Client) -> None:
        """Take the client that holds address and cookie."""
        self._client = client

    def get(self, path: str, /, **query: str | int | None) -> Any:  # noqa: ANN401 -- JSON of the lab
        """Ask for something; query parameters that are None are left out."""
        return self._send("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON of the lab
        """Have something done."""
        return self._send("POST", path, json=dict(body or {}))

    def every(self, path: str, /, **query: str | int | None) -> list[Any]:
        """Ask for the whole of a list, page after page."""
        return _pages(lambda skip: self.get(path, **query, skip=skip))

    def every_posted(self, path: str, body: Mapping[str, object]) -> list[Any]:
        """Ask for the whole of a list by what stands in a body and never in an address."""
        return _pages(lambda skip: self.post(path, {**body, "skip": skip}))

    def download(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._answer("GET", path).content

    def _send(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 -- httpx's own options
        answer = self._answer(method, path, **options)
        try:
            return answer.json()
        except ValueError as error:
            raise LabFailedError("The answer is not a lab's.", hint="Check the address.") from error

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 -- httpx's own options
        try:
            answer = self._client.request(method, f"/api/v1{path}", **options)
        except httpx.TransportError as error:
            raise UnreachableError(
                f"{self._client.base_url} does not answer: {type(error).__name__}.",
                hint="Check the address and try again.",
            ) from error
        if not answer.is_success:
            raise refusal(answer)
        return answer

    def cookie(self) -> tuple[str, str]:
        """Return name and value of the session cookie that the lab has just set."""
        for cookie in self._client.cookies.jar:
            if cookie.name in {"session", "__Host-session"} and cookie.value:
                return cookie.name, cookie.value
        raise LabFailedError("The lab gave no session.")


def _pages(ask: Callable[[int], Answer]) -> list[Any]:
    rows: list[Any] = []
    more: int | None = 0
    while more is not None:
        page = ask(more)
        rows += page["rows"]
        more = page["more"]
    return rows


@contextmanager
def opened(url: str, cookies: Mapping[str, str] | None = None) -> Iterator[Lab]:
    """Speak to a lab without a session, or with these cookies."""
    with httpx.Client(
        base_url=url, headers=HEADERS, cookies=dict(cookies or {}), follow_redirects=False, timeout=SECONDS
    ) as client:
        yield Lab(client)


@contextmanager
def signed_in() -> Iterator[Lab]:
    """Speak to the lab that this terminal is signed in to."""
    kept = Session.load()
    with opened(kept.url, {kept.cookie: kept.value}) as lab:
        yield lab


def refusal(answer: httpx.Response) -> GlasshouseError:
    """Return the lab's refusal as the error of its family, so that the exit code is the same as on the lab's host."""
    family = _FAMILIES.get(answer.status_code)
    try:
        told = answer.json()
        code, message, hint = str(told["code"]), str(told["message"]), str(told["hint"])
    except (ValueError, KeyError, TypeError):
        return LabFailedError(f"The lab answered {answer.status_code}.", hint="Its operator's log has the rest.")
    if family is None:
        return LabFailedError(message, hint=hint)
    made: GlasshouseError = type(family.__name__, (family,), {"code": code})(message, hint=_HINTS.get(code, hint))
    return made
