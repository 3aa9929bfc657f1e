# SPDX-License-Identifier: Apache-2.0
"""Notations: models, queries, data and markup."""

from typing import Final

from glasshouse.engines.codeindex.grammar import HYPHENED, Grammar, block, line, long_quoted, quoted, verbatim
from glasshouse.engines.codeindex.grammars.c_family import BLOCK, DOUBLE, SINGLE, SLASHES
from glasshouse.engines.codeindex.grammars.scripts import DASHES, HASH_APART, TRIPLES
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import Role

_MARKUP: Final = (
    (Role.COM, block("<!--", "-->")),
    (Role.PLAIN, block(r"<!\[CDATA\[", r"\]\]>")),
    (Role.PRE, r"<[!?][A-Za-z][\w:-]{0,63}+"),
    (Role.KEY, r"</?[A-Za-z_][\w:.-]{0,127}+|/?>|\?>"),
    (Role.STR, r"(?<==)(?:\"[^\"<\n]*+\"?+|'[^'<\n]*+'?+)"),
    (Role.NUM, r"&\#?\w{1,31}+;"),
    (Role.TYPE, r"(?<![^\s\"'])[A-Za-z_:][\w:.-]{0,127}+(?==[\"'])"),
)
_YANG_KEYS: Final = (
    "action anydata anyxml argument augment base belongs-to bit case choice config contact container default "
    "description deviate deviation enum error-app-tag error-message extension feature fraction-digits grouping "
    "identity if-feature import include input key leaf leaf-list length list mandatory max-elements min-elements "
    "modifier module must namespace notification ordered-by organization output path pattern position prefix "
    "presence range reference refine require-instance revision revision-date rpc status submodule type typedef "
    "unique units uses value when yang-version yin-element true false current deprecated obsolete"
)
_YANG_TYPES: Final = (
    "binary bits boolean decimal64 empty enumeration identityref instance-identifier int8 int16 int32 int64 leafref "
    "string uint8 uint16 uint32 uint64 union"
)
_ASN1_KEYS: Final = (
    "ABSENT ALL APPLICATION AUTOMATIC BEGIN BY CHOICE CLASS COMPONENT COMPONENTS CONSTRAINED CONTAINING DEFAULT "
    "DEFINITIONS ENCODED END EXCEPT EXPLICIT EXPORTS EXTENSIBILITY FALSE FROM IDENTIFIER IMPLICIT IMPLIED IMPORTS "
    "INCLUDES INSTANCE INTERSECTION MAX MIN MINUS-INFINITY OF OPTIONAL PATTERN PDV PLUS-INFINITY PRESENT PRIVATE "
    "SEQUENCE SET SIZE SYNTAX TAGS TRUE UNION UNIQUE UNIVERSAL WITH"
)
_ASN1_TYPES: Final = (
    "ANY BIT BOOLEAN CHARACTER EMBEDDED ENUMERATED EXTERNAL INTEGER NULL OBJECT OCTET REAL STRING TYPE-IDENTIFIER"
)
_SQL_KEYS: Final = (
    "add all alter and any as asc begin between by cascade case cast check collate column commit constraint "
    "create cross current cursor database declare default delete desc distinct do drop else elsif end except "
    "exception execute exists explain false fetch for foreign from full function grant group having if ilike in "
    "index inner insert intersect into is join key language left like limit loop natural not null of offset on or "
    "order outer over partition primary procedure references replace return returning returns revoke right "
    "rollback row rows select sequence set table temporary then to transaction trigger true truncate union unique "
    "update using values view when where while window with"
)
_SQL_TYPES: Final = (
    "bigint binary bit blob boolean bytea char character clob date datetime decimal double float int integer "
    "interval json jsonb nchar number numeric nvarchar precision real serial smallint text time timestamp "
    "timestamptz tinyint uuid varbinary varchar varchar2 xml"
)

GRAMMARS: Final = {
    Language.YANG: Grammar(
        (BLOCK, SLASHES, (Role.STR, long_quoted('"')), (Role.STR, verbatim("'"))),
        _YANG_KEYS,
        _YANG_TYPES,
        word=HYPHENED,
    ),
    Language.ASN1: Grammar(
        (
            BLOCK,
            (
                Role.COM,
                r"--(?:(?!--|\xc2\x85|\xe2\x80[\xa8\xa9])[^\n\r\x0b\x0c])*+(?:--)?+",
            ),  # X.680 12.6.3: to the next pair or the line's end
            (Role.STR, verbatim('"')),
            (Role.STR, r"'[0-9A-F \t\n]{0,4096}+'[BH]"),
        ),
        _ASN1_KEYS,
        _ASN1_TYPES,
        word=r"[A-Za-z]\w*+(?:-\w++)*+",
        capital_types=True,
    ),
    Language.SQL: Grammar(
        (BLOCK, DASHES, (Role.STR, verbatim("'")), (Role.PLAIN, r'"[^"\n]*+"?+')), _SQL_KEYS, _SQL_TYPES, folds=True
    ),
    Language.JSON: Grammar((BLOCK, SLASHES, DOUBLE), "true false null"),
    Language.YAML: Grammar(
        (
            HASH_APART,
            (Role.KEY, r"^[ \t]*+(?:- {1,9})?+[\w./$-]{1,127}+(?=:(?:[ \t\r\n]|\Z))"),
            (Role.STR, r"(?<![\w\x80-\xff])" + quoted('"')),
            (Role.STR, r"(?<![\w\x80-\xff])'[^'\n]*+'?+"),
            (Role.PRE, r"^(?:---|\.\.\.|%[A-Z]++)|(?<![^\s\[{,])[&*!][\w.!-]++"),
            (Role.NUM, r"(?<![\w.-])-?\d[\w.:+-]*+"),
        ),
        "true false null yes no on off",
        word=HYPHENED,
    ),
    Language.TOML: Grammar(
        (
            (Role.COM, line("#")),
            (Role.STR, TRIPLES),
            (Role.STR, block("'''", "'''")),
            DOUBLE,
            (Role.STR, r"'[^'\n]*+'?+"),
            (Role.TYPE, r"^[ \t]*+\[{1,2}[^\]\n]{0,255}+\]{0,2}+"),
            (Role.KEY, r"^[ \t]*+[\w.-]{1,127}+(?=[ \t]{0,9}=)"),
        ),
        "true false inf nan",
    ),
    Language.INI: Grammar(
        (
            (Role.COM, r"^[ \t]*+" + line("[;#]")),
            (Role.TYPE, r"^[ \t]*+\[[^\]\n]{0,255}+\]?+"),
            (Role.KEY, r"^[ \t]*+[\w. /-]{1,127}(?=[ \t]{0,9}[=:])"),
            DOUBLE,
        ),
        "true false yes no on off",
        folds=True,
    ),
    Language.XML: Grammar(_MARKUP, number=r"(?!)", word=r"(?!)"),
    Language.HTML: Grammar(_MARKUP, number=r"(?!)", word=r"(?!)"),
    Language.CSS: Grammar(
        (
            BLOCK,
            DOUBLE,
            SINGLE,
            (Role.PRE, r"@[A-Za-z-]{1,31}+"),
            (Role.NUM, r"\#[0-9a-fA-F]{3,8}+\b"),
            (Role.TYPE, r"[.\#][A-Za-z_][\w-]{0,127}+(?=[ \t,.:>+~\[{\n])"),
            (Role.KEY, r"(?<![\w-])--?[A-Za-z][\w-]{0,63}+(?=[ \t]{0,9}:)|(?<=[ \t;{])[a-z][a-z-]{0,63}+(?=:[ \t])"),
        ),
        word=HYPHENED,
        number=r"-?\d[\w.%]*+",
    ),
}
