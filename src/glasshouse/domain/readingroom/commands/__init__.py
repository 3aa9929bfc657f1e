# SPDX-License-Identifier: Apache-2.0
"""Verbs of the reading room."""

from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.readingroom.commands.bringing import start_brought_scan
from glasshouse.domain.readingroom.commands.budgets import ask_for_more, resume_grant
from glasshouse.domain.readingroom.commands.conclusions import (
    mark_read,
    open_conclusions,
    tell_of_lapses,
    withdraw_mark,
)
from glasshouse.domain.readingroom.commands.coverage import open_coverage
from glasshouse.domain.readingroom.commands.decisions import (
    decide,
    propose_grant,
    propose_shredding,
    revoke_grant,
)
from glasshouse.domain.readingroom.commands.detections import (
    open_detection,
    open_detections,
    open_differing,
    refuse_export,
)
from glasshouse.domain.readingroom.commands.erasing import propose_erasure
from glasshouse.domain.readingroom.commands.exact import BY_NAME
from glasshouse.domain.readingroom.commands.measures import MOST_SHADOWS, open_measures
from glasshouse.domain.readingroom.commands.notes import change_note, remove_note, share_note, write_note
from glasshouse.domain.readingroom.commands.questions import ask_question, close_question, reply_to_question
from glasshouse.domain.readingroom.commands.raising import comment_on_finding, move_finding, raise_from_note
from glasshouse.domain.readingroom.commands.receipts import make_receipt
from glasshouse.domain.readingroom.commands.saved import (
    RERUN,
    ask_for_missing_runs,
    end_search,
    open_new_lines,
    rename_search,
    run_saved_searches,
    save_search,
)
from glasshouse.domain.readingroom.commands.scans import open_gaps, parties_of, scans_room, start_scan, stop_scan
from glasshouse.domain.readingroom.commands.search import search, search_tally, structural_search
from glasshouse.domain.readingroom.commands.symbols import (
    enter,
    find_definitions,
    find_references,
    open_definitions,
    open_function_changes,
    open_history,
    open_outline,
    open_references,
)
from glasshouse.domain.readingroom.commands.triaging import judge, judge_rule, raise_from_detections
from glasshouse.domain.readingroom.commands.views import (
    open_changes,
    open_difference,
    open_facts,
    open_file,
    open_folder,
    open_left_out,
)
from glasshouse.domain.readingroom.commands.visits import ask_for_text, begin_visit, close_visit, prepare_close

__all__ = [
    "BY_NAME",
    "MOST_SHADOWS",
    "RERUN",
    "Verdict",
    "ask_for_missing_runs",
    "ask_for_more",
    "ask_for_text",
    "ask_question",
    "begin_visit",
    "change_note",
    "close_question",
    "close_visit",
    "comment_on_finding",
    "decide",
    "end_search",
    "enter",
    "find_definitions",
    "find_references",
    "judge",
    "judge_rule",
    "make_receipt",
    "mark_read",
    "move_finding",
    "open_changes",
    "open_conclusions",
    "open_coverage",
    "open_definitions",
    "open_detection",
    "open_detections",
    "open_difference",
    "open_differing",
    "open_facts",
    "open_file",
    "open_folder",
    "open_function_changes",
    "open_gaps",
    "open_history",
    "open_left_out",
    "open_measures",
    "open_new_lines",
    "open_outline",
    "open_references",
    "parties_of",
    "prepare_close",
    "propose_erasure",
    "propose_grant",
    "propose_shredding",
    "raise_from_detections",
    "raise_from_note",
    "refuse_export",
    "remove_note",
    "rename_search",
    "reply_to_question",
    "resume_grant",
    "revoke_grant",
    "run_saved_searches",
    "save_search",
    "scans_room",
    "search",
    "search_tally",
    "share_note",
    "start_brought_scan",
    "start_scan",
    "stop_scan",
    "structural_search",
    "tell_of_lapses",
    "withdraw_mark",
    "write_note",
]
