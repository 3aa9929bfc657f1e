# SPDX-License-Identifier: Apache-2.0
"""Notes, questions, findings and the inbox at a person's terminal."""

from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.ids import Uid

note = typer.Typer(no_args_is_help=True, help="Notes on what you were shown, sealed to your organisation.")
question = typer.Typer(no_args_is_help=True, help="Questions to the vendor, each with its clock.")
finding = typer.Typer(no_args_is_help=True, help="Findings: what is wrong, where it stands, what was said of it.")
Grant = Annotated[str, typer.Argument(metavar="GRANT", help="The grant under which the lines were shown.")]
Event = Annotated[str, typer.Argument(metavar="ENTRY", help="Your entry of the journal that showed them, by uid.")]
NoteUid = Annotated[str, typer.Argument(metavar="NOTE", help="The note's uid.")]
QuestionUid = Annotated[str, typer.Argument(metavar="QUESTION", help="The question's uid.")]
FindingUid = Annotated[str, typer.Argument(metavar="FINDING", help="The finding's uid.")]
Words = Annotated[str, typer.Argument(help="Your words.")]
Lines = Annotated[str, typer.Option(help="12 or 12-40.")]


def add_to(app: typer.Typer) -> None:
    """Add the groups and the inbox."""
    app.add_typer(note, name="note")
    app.add_typer(question, name="question")
    app.add_typer(finding, name="finding")
    app.command("inbox", epilog="Example: glasshouse inbox --seen")(inbox)


def inbox(
    seen: Annotated[bool, typer.Option("--seen", help="Mark all as seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what you should look at; a notice holds no content."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        if seen:
            lab.post("/notices/seen", {})
        found = lab.every("/notices")
        columns = ["at", "kind", "subject", "seen_at"]
        tell_table(found, columns, empty="Nothing waits for you.", as_json=as_json)


@note.command("list", epilog="Example: glasshouse note list --text strcpy")
def list_notes(
    text: Annotated[str, typer.Option(help="What they hold, in words, files or searches.")] = "",
    as_json: AsJson = False,
) -> None:
    """List your notes and those that colleagues share, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        rows = [{**one, "at": _at(one["at"])} for one in lab.every_posted("/notes/search", {"text": text})]
        columns = ["uid", "written_at", "author", "at", "words"]
        tell_table(rows, columns, empty="No note. Write one with `glasshouse note write`.", as_json=as_json)


@note.command(
    "write",
    epilog="Example: glasshouse note write 5etmacqg6kgydcmf9rwrh3zk0p 1dtmacqg6kgydcmf9rwrh3zk0q "
    "'Never freed' --lines 12-14",
)
def write(
    grant: Grant,
    event: Event,
    words: Words,
    lines: Lines = "",
    shared: Annotated[bool, typer.Option("--shared", help="Colleagues of the engagement may read it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a note on lines that an entry of yours showed, or on the search that it tells of."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        asked = {"event": event, "lines": lines, "words": words, "is_shared": shared}
        made = lab.post(f"/grants/{Uid.parse(grant)}/notes", asked)
        tell(made, _note(made), as_json=as_json)


@note.command("share", epilog="Example: glasshouse note share 5etmacqg6kgydcmf9rwrh3zk0p --off")
def share(
    uid: NoteUid,
    off: Annotated[bool, typer.Option("--off", help="Share it no longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let colleagues of the same engagement read a note of yours."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post(f"/notes/{Uid.parse(uid)}/change", {"is_shared": not off})
        tell(made, _note(made), as_json=as_json)


@note.command("change", epilog="Example: glasshouse note change 5etmacqg6kgydcmf9rwrh3zk0p 'Freed in close()'")
def change(uid: NoteUid, words: Words, as_json: AsJson = False) -> None:
    """Give a note of yours other words; the old ones are gone."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post(f"/notes/{Uid.parse(uid)}/change", {"words": words})
        tell(made, _note(made), as_json=as_json)


@note.command("remove", epilog="Example: glasshouse note remove 5etmacqg6kgydcmf9rwrh3zk0p")
def remove(uid: NoteUid, as_json: AsJson = False) -> None:
    """Remove a note of yours for good."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        lab.post(f"/notes/{Uid.parse(uid)}/removal", {})
        tell({"removed": uid}, ["Removed."], as_json=as_json)


@question.command("list", epilog="Example: glasshouse question list --json")
def list_questions(as_json: AsJson = False) -> None:
    """List the questions that you have a part in: what waits stands first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        rows = [{**one, "at": _at(one["at"])} for one in lab.every("/questions")]
        columns = ["uid", "state", "due_at", "is_late", "product", "at"]
        tell_table(rows, columns, empty="No question. Ask with `glasshouse question ask`.", as_json=as_json)


@question.command(
    "ask",
    epilog="Example: glasshouse question ask 5etmacqg6kgydcmf9rwrh3zk0p 1dtmacqg6kgydcmf9rwrh3zk0q "
    "'Who frees this?' --lines 12",
)
def ask(grant: Grant, event: Event, words: Words, lines: Lines, as_json: AsJson = False) -> None:
    """Ask the vendor about lines that an entry of yours showed; the clock runs from now on."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        asked = {"event": event, "lines": lines, "words": words}
        made = lab.post(f"/grants/{Uid.parse(grant)}/questions", asked)
        tell(made, _question(made), as_json=as_json)


@question.command("show", epilog="Example: glasshouse question show 5etmacqg6kgydcmf9rwrh3zk0p")
def show_question(uid: QuestionUid, as_json: AsJson = False) -> None:
    """Show a question with all that was said."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get(f"/questions/{Uid.parse(uid)}")
        tell(found, _question(found), as_json=as_json)


@question.command("reply", epilog="Example: glasshouse question reply 5etmacqg6kgydcmf9rwrh3zk0p 'close() does'")
def reply(uid: QuestionUid, words: Words, as_json: AsJson = False) -> None:
    """Answer a question, or ask on."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"/questions/{Uid.parse(uid)}/replies", {"words": words})
        tell(found, _question(found), as_json=as_json)


@question.command("close", epilog="Example: glasshouse question close 5etmacqg6kgydcmf9rwrh3zk0p")
def close(uid: QuestionUid, as_json: AsJson = False) -> None:
    """Close a question of your own side."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"/questions/{Uid.parse(uid)}/closing", {})
        tell(found, _question(found), as_json=as_json)


@finding.command("list", epilog="Example: glasshouse finding list --json")
def list_findings(as_json: AsJson = False) -> None:
    """List the findings that you have a part in, the worst first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        columns = ["uid", "label", "severity", "state", "title"]
        empty = "No finding. Raise one from a note with `glasshouse finding raise`."
        tell_table(lab.every("/findings"), columns, empty=empty, as_json=as_json)


@finding.command(
    "raise",
    epilog="Example: glasshouse finding raise 5etmacqg6kgydcmf9rwrh3zk0p 'Freed twice' "
    "'Lines 12 to 14 free it again.' --severity high",
)
def raise_(
    uid: NoteUid,
    title: Annotated[str, typer.Argument(help="One line.")],
    words: Words,
    severity: Annotated[str, typer.Option(help="critical, high, medium, low or note.")] = "medium",
    as_json: AsJson = False,
) -> None:
    """Raise a finding at the lines of a note of yours; the vendor reads these words, and not the note."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        asked = {"title": title, "severity": severity, "words": words}
        made = lab.post(f"/notes/{Uid.parse(uid)}/finding", asked)
        tell(made, _finding(made), as_json=as_json)


@finding.command("show", epilog="Example: glasshouse finding show 5etmacqg6kgydcmf9rwrh3zk0p")
def show_finding(uid: FindingUid, as_json: AsJson = False) -> None:
    """Show a finding with all that was said of it and your next steps."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get(f"/findings/{Uid.parse(uid)}")
        tell(found, _finding(found), as_json=as_json)


@finding.command("say", epilog="Example: glasshouse finding say 5etmacqg6kgydcmf9rwrh3zk0p 'Which build?'")
def say(uid: FindingUid, words: Words, as_json: AsJson = False) -> None:
    """Say something of a finding."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"/findings/{Uid.parse(uid)}/comments", {"words": words})
        tell(found, _finding(found), as_json=as_json)


@finding.command(
    "step", epilog="Example: glasshouse finding step 5etmacqg6kgydcmf9rwrh3zk0p fix 'Freed once' --version 1.19"
)
def step(
    uid: FindingUid,
    what: Annotated[str, typer.Argument(metavar="STEP", help="confirm, dispute, fix, verify, reopen or withdraw.")],
    words: Words,
    version: Annotated[str, typer.Option(help="The release that holds a claimed fix.")] = "",
    as_json: AsJson = False,
) -> None:
    """Move a finding on, with your reason."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        asked = {"step": what, "words": words, "version": version}
        found = lab.post(f"/findings/{Uid.parse(uid)}/steps", asked)
        tell(found, _finding(found), as_json=as_json)


def _at(place: dict[str, str]) -> str:
    if place["path"]:
        return f"{place['path']}:{place['lines']}"
    return f"search {place['pattern']}" if place["pattern"] else "place not told"


def _note(found: dict[str, Any]) -> list[str]:
    shared = ", shared" if found["is_shared"] else ""
    return [f"{found['author']}, {_at(found['at'])}{shared}", found["words"], f"Uid  {found['uid']}"]


def _said(found: dict[str, Any]) -> list[str]:
    return [f"{one['at'][:16]} {one['author'] or 'the ' + one['side']}: {one['words']}" for one in found["said"]]


def _question(found: dict[str, Any]) -> list[str]:
    late = ", late" if found["is_late"] else ""
    return [
        f"{found['product']} {found['version']}, {_at(found['at'])}: {found['state']}{late}",
        f"Due  {found['due_at'][:16]}",
        *_said(found),
        f"Uid  {found['uid']}",
    ]


def _finding(found: dict[str, Any]) -> list[str]:
    return [
        f"{found['label']} {found['title']}: {found['severity']}, {found['state']}",
        *(_at(place) for place in found["at"]),
        *([f"Fix in {found['fixed_in']}"] if found["fixed_in"] else []),
        *(
            [f"An answer is due {found['due_at'][:16]}" + (", late" if found["is_late"] else "")]
            if found["due_at"]
            else []
        ),
        *_said(found),
        *([f"Your steps: {', '.join(found['steps'])}"] if found["steps"] else []),
        f"Uid  {found['uid']}",
    ]
