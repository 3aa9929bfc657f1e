# SPDX-License-Identifier: Apache-2.0
"""What colouring a window of lines costs: `python -m benchmarks.colour [--json] [--quick]`.

All times are processor time of one thread, so that a busy machine does not matter. The peer is Pygments, which lexes
the whole file. The last bar is the hostile one: repeated openers, closers and escapes of every language, alone and
combined, as much of them as is ever scanned; the worst is named, to be looked at.
"""

import random
import re
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from pygments import lex
from pygments.lexers import get_lexer_by_name

from benchmarks.measure import Row, options, show
from glasshouse.engines.codeindex.colour import MAX_COLOURED_LINE, MAX_COLOURED_WINDOW, MAX_SCANNED, colour
from glasshouse.engines.codeindex.grammars import scanner
from glasshouse.engines.codeindex.languages import Language

WINDOW: Final = 100
FUNCTION: Final = b"""\
/*
 * Read one record of kind %d; the caller holds the lock.
 */
static int read_record_%d(struct channel *channel, const unsigned char *bytes, size_t length)
{
  struct record record = { .kind = KIND_%d, .flags = 0x%04xU };
  size_t offset = 0;
#ifdef CONFIG_TRACE
  trace("reading %%zu bytes as \\"record\\"", length); /* seen in the log */
#endif
  if (channel == NULL || length < sizeof(record.header)) // too short
    return -EINVAL;
  while (offset < length && bytes[offset] != ';') {
    record.sum = (record.sum << 1) ^ bytes[offset++];
    if (record.sum > MAX_SUM) {
      log_warning(channel->name, "sum of %%u at %%zu", record.sum, offset);
      break;
    }
  }
  return channel->accept(channel, &record);
}

"""
BITS: Final = (
    *rb"""
    " ' ` \" ''' \ / /* */ // # -- --[[ --[ ]] [[ [= {- -} {-# <!-- --> <EOF <<E <<'E <<<A <<-A E R" R"( R"a( )" r#
    r#" r######" br" =begin =end =cut = <? <?php ?> $ ${ $( ${a @ & &a & { &{ % %[ 0x 1e+ 1 0 .1 1. a A aB _ . ! a! ( )
    [ ] { } < > ; : , ^ | ~ + - -* #! #[ #if #include #include< include< @a `a '0 'A' 'x \n \" struct class a: a= a. a-
    .a .a. -a: --a a, <a </a a=" ="a & &a; :a :: 1' 1'1 \' \a ${a} $a $# `` "" '' /[ =/ =/[ (/ [a] =/[a] [=/] \] key:
    -_- __END__""".split(),
    *(b"\n", b" ", b"\t", b"\r", b"\\\n", b"\n#", b"\n*/", b"\n ", b"\n<<E\n", b"\n=", b"\n- ", b"\n\t", b"a\n", b"a "),
    *(b"\0", b"\xff", b"\xc2", b"\xe2\x80", b"\xe2\x80\xa8", b"\xc3\xa9"),
)


def main() -> None:
    """Measure and print a table, or the rows as JSON."""
    chosen = options("The colour of a window of lines.").parse_args()
    lines = b"".join(FUNCTION.replace(b"%d", b"%d" % n).replace(b"%04x", b"%04x" % n) for n in range(230)).split(b"\n")
    lines = lines[:5_000]
    text = b"\n".join(lines).decode()
    size = f"{len(lines)} lines of C, {len(text) // 1000} KB"
    lexer = get_lexer_by_name("c")
    peer = cpu_ms(lambda: list(lex(text, lexer)), times=3)
    window, near, before = lines[-WINDOW:], lines[-WINDOW - 400 : -WINDOW], lines[:-WINDOW]

    def cold() -> None:
        scanner.cache_clear()
        re.purge()
        colour(window, Language.C, context_before=before)

    def warm(context: list[bytes]) -> float:
        return cpu_ms(lambda: colour(window, Language.C, context_before=context))

    named = f"Pygments, {size}: {peer:.1f} ms"
    rows = [
        judged("100 lines of C, 400 before", warm(near), 3, named),
        judged("the same, whole file before", warm(before), 20, named),
        judged("the same, patterns not compiled yet", cpu_ms(cold), 40, named),
        hostile(share=0.1 if chosen.quick else 1.0),
    ]
    show(rows, as_json=chosen.json)


def hostile(*, share: float) -> Row:
    """Colour what was made to be slow: a search with little of it, the slowest finds again with all that is scanned."""
    chance = random.Random(1)  # noqa: S311 - repeatable, not secret
    finds: list[tuple[float, Language, bytes]] = []
    for language in Language:
        mixed = [b"".join(chance.choices(BITS, k=chance.randint(2, 5))) for _ in BITS]
        units = chance.sample([*BITS, *mixed], k=int(len(BITS) * 2 * share))
        finds.extend((slowest(language, unit, scale=16), language, unit) for unit in units)
    finds.sort(reverse=True)
    took, language, unit = max((slowest(*find[1:], scale=1), *find[1:]) for find in finds[:9])
    return judged(f"the worst {MAX_SCANNED // 1024} KB", took, 400, f"{language}, {unit!r} repeated")


def slowest(language: Language, unit: bytes, *, scale: int) -> float:
    """Colour a unit repeated, before the window on one line and on many, and in the window; return the longest time."""
    before = unit * (MAX_SCANNED // scale // len(unit) - 1)
    line = unit * (MAX_COLOURED_LINE // len(unit))
    lines = [line] * (MAX_COLOURED_WINDOW // scale // (len(line) + 1))
    shapes: tuple[tuple[list[bytes], list[bytes]], ...] = (
        ([b"x"], [before]),
        ([b"x"], before.split(b"\n")),
        (lines, []),
        (lines, [before[: -len(lines) * 2_000]]),
    )
    return max(once(partial(colour, window, language, context_before=context)) for window, context in shapes)


def cpu_ms(work: Callable[[], object], *, times: int = 9) -> float:
    """Return the median processor time of some runs."""
    return statistics.median(once(work) for _ in range(times))


def once(work: Callable[[], object]) -> float:
    """Return the processor time of one run, in ms."""
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1000


def judged(bar: str, value: float, limit: float, peer: str) -> Row:
    """Judge processor time against its upper limit."""
    return Row(bar, round(value, 3), limit, "ms", value <= limit, peer)


if __name__ == "__main__":
    main()
