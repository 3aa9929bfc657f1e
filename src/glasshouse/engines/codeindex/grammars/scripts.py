# SPDX-License-Identifier: Apache-2.0
"""Scripting languages, and those with comments of their own."""

from typing import Final

from glasshouse.engines.codeindex.grammar import (
    MEMBER,
    Grammar,
    block,
    heredoc,
    line,
    long_quoted,
    quoted,
    verbatim,
    word,
)
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import Role

HASH: Final = (Role.COM, line("#"))
HASH_APART: Final = (Role.COM, line(r"(?<![^\s;(&|])#"))  # not in ${x#y}, $# or a colour
DASHES: Final = (Role.COM, line("--"))
DOUBLE: Final = (Role.STR, quoted('"'))
SINGLE: Final = (Role.STR, quoted("'"))
ESCAPED: Final = (Role.PLAIN, r"\\[\s\S]")
# Only where no number or name is shifted.
HEREDOC: Final = (Role.STR, heredoc(r"(?<![<\w)])<<[-~]?"))
TRIPLES: Final = r"\"\"\"[^\"\\]*+(?:(?:\\[\s\S]|\"(?!\"\"))[^\"\\]*+)*+(?:\"\"\")?+"

_PYTHON_KEYS: Final = (
    "False None True and as assert async await break case class continue def del elif else except finally for from "
    "global if import in is lambda nonlocal not or pass raise return try while with yield self cls"
)
_PYTHON_TYPES: Final = "bool bytearray bytes complex dict float frozenset int list memoryview object set str tuple type"
_SHELL_KEYS: Final = (
    "if then elif else fi for in do done while until case esac function select time return exit break continue export "
    "local readonly declare typeset unset set shift trap source eval exec"
)
_PERL_KEYS: Final = (
    "BEGIN END and bless cmp continue defined delete die do each else elsif eq eval exists exit for foreach ge "
    "given goto gt if keys last le local lt my ne next no not or our package print push redo ref require return "
    "say shift sub undef unless unshift until use values wantarray when while x xor"
)
_RUBY_KEYS: Final = (
    "BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in include module "
    "next nil not or private protected public raise redo require require_relative rescue retry return self super then "
    "true undef unless until when while yield attr_accessor attr_reader attr_writer"
)
_LUA_KEYS: Final = (
    "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
)
_TCL_KEYS: Final = (
    "after append break catch continue else elseif error eval expr for foreach global if incr lappend namespace "
    "package proc puts rename return set source switch try unset uplevel upvar variable while"
)
_AWK_KEYS: Final = (
    "BEGIN BEGINFILE END ENDFILE break case continue default delete do else exit for func function getline if in next "
    "nextfile print printf return switch while"
)
_ERLANG_KEYS: Final = (
    "after and andalso band begin bnot bor bsl bsr bxor case catch cond div else end fun if let maybe not of or orelse "
    "receive rem try when xor"
)
_HASKELL_KEYS: Final = (
    "case class data default deriving do else forall foreign if import in infix infixl infixr instance let module "
    "newtype of qualified then type where"
)
_ADA_KEYS: Final = (
    "abort abs abstract accept access aliased all and array at begin body case constant declare delay delta digits do "
    "else elsif end entry exception exit for function generic goto if in interface is limited loop mod new not null of "
    "or others out overriding package parallel pragma private procedure protected raise range record rem renames "
    "requeue return reverse select separate some subtype synchronized tagged task terminate then type until use when "
    "while with xor"
)
_VHDL_KEYS: Final = (
    "after alias all and architecture array assert attribute begin block body buffer bus case component configuration "
    "constant disconnect downto else elsif end entity exit file for function generate generic group guarded if impure "
    "in inertial inout is label library linkage literal loop map mod nand new next nor not null of on open or others "
    "out package port postponed procedure process pure range record register reject rem report return rol ror select "
    "severity shared signal sla sll sra srl subtype then to transport type unaffected units until use variable wait "
    "when while with xnor xor"
)

GRAMMARS: Final = {
    Language.PYTHON: Grammar(
        (
            HASH,
            (Role.STR, r"(?<!\w)[rRbBuUfFtT]{0,2}+(?:" + TRIPLES + "|" + TRIPLES.replace('\\"', "'") + ")"),
            (Role.STR, r"(?<!\w)[rRbBuUfFtT]{0,2}+(?:" + quoted('"') + "|" + quoted("'") + ")"),
            (Role.PRE, r"^[ \t]*+@[\w.]++"),
        ),
        _PYTHON_KEYS,
        _PYTHON_TYPES,
        "class",
    ),
    Language.SHELL: Grammar(
        (
            ESCAPED,
            HASH_APART,
            HEREDOC,
            (Role.STR, long_quoted('"')),
            (Role.STR, r"\$" + long_quoted("'")),
            (Role.STR, verbatim("'")),
            (Role.PRE, r"\$(?:\{[^}\s\"'`$]{0,99}+\}?+|\w++|[#?@*!$-])"),
        ),
        _SHELL_KEYS,
        word=word(first="./-", then="./-"),
    ),
    Language.PERL: Grammar(
        (
            (Role.COM, block(r"^=[a-zA-Z]", r"^=cut\b[^\n]*+")),
            (Role.COM, block(r"^__(?:END|DATA)__\b", r"\Z")),
            ESCAPED,
            HASH_APART,
            HEREDOC,
            DOUBLE,
            (Role.STR, "(?<![$&\\w])" + quoted("'")),
            (Role.PLAIN, r"[$@%&]#?[\w:]++"),
        ),
        _PERL_KEYS,
        namers="package",
    ),
    Language.RUBY: Grammar(
        (
            (Role.COM, block(r"^=begin\b", r"^=end\b[^\n]*+")),
            HASH_APART,
            HEREDOC,
            DOUBLE,
            SINGLE,
            (Role.STR, r"(?<![:\w]):[a-z_]\w*+"),
            (Role.PLAIN, r"[$@]{1,2}\w++"),
        ),
        _RUBY_KEYS,
        word=MEMBER + "[?!]?+",
        capital_types=True,
    ),
    Language.LUA: Grammar(
        (
            (Role.COM, r"--\[(?P<comment>={0,16})\[[\s\S]*?(?:\](?P=comment)\]|\Z)"),
            DASHES,
            (Role.STR, r"\[(?P<fence>={0,16})\[[\s\S]*?(?:\](?P=fence)\]|\Z)"),
            DOUBLE,
            SINGLE,
        ),
        _LUA_KEYS,
    ),
    Language.TCL: Grammar(
        (ESCAPED, (Role.COM, r"^[ \t]*+" + line("#")), DOUBLE, (Role.PRE, r"\$(?:\{[^}\n]{0,99}+\}?+|[\w:]++)")),
        _TCL_KEYS,
    ),
    Language.AWK: Grammar((HASH, DOUBLE), _AWK_KEYS),
    Language.ERLANG: Grammar(
        (
            (Role.COM, line("%")),
            (Role.STR, long_quoted('"')),
            SINGLE,
            (Role.NUM, r"\$(?:\\[^\n]|[^\\\n])"),
            (Role.PRE, r"^-[a-z_]++"),
            (Role.PRE, r"\?[A-Za-z_]\w*+"),
        ),
        _ERLANG_KEYS,
    ),
    Language.HASKELL: Grammar(
        (
            (Role.PRE, block(r"\{-#", r"#-\}")),
            (Role.COM, block(r"\{-", r"-\}")),
            (Role.COM, line(r"(?<![-!#$%&*+./<=>?@\\^|~:])--++(?![!#$%&*+./<=>?@\\^|~:])")),
            DOUBLE,
            (Role.STR, r"(?<!\w)'(?:[^'\\\n]|\\[^\n]{1,8}?)'"),
        ),
        _HASKELL_KEYS,
        word=word(then="'"),
        capital_types=True,
    ),
    Language.ADA: Grammar(
        (DASHES, (Role.STR, r'"[^"\n\r]*+"?+'), (Role.STR, r"(?<![\w)])'[^\n]'")),
        _ADA_KEYS,
        "boolean character duration float integer natural positive string",
        folds=True,
    ),
    Language.VHDL: Grammar(
        (DASHES, (Role.STR, r'"[^"\n\r]*+"?+'), (Role.STR, r"(?<![\w)])'[^\n]'")),
        _VHDL_KEYS,
        "bit bit_vector boolean character integer natural positive real signed std_logic std_logic_vector string time "
        "unsigned",
        folds=True,
    ),
}
