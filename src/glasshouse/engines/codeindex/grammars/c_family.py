# SPDX-License-Identifier: Apache-2.0
"""Languages with the comments of C."""

from typing import Final

from glasshouse.engines.codeindex.grammar import (
    TICKED,
    Grammar,
    block,
    heredoc,
    line,
    long_quoted,
    quoted,
    spliced,
    starts,
    verbatim,
    word,
)
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import Role

BLOCK: Final = (Role.COM, block(r"/\*", r"\*/"))
SLASHES: Final = (Role.COM, line("//"))
DOUBLE: Final = (Role.STR, quoted('"'))
SINGLE: Final = (Role.STR, quoted("'"))
CHAR: Final = (Role.STR, "(?<![0-9a-fA-F])" + quoted("'"))  # elsewhere it separates digits
TRIPLE: Final = (Role.STR, block('"""', '"""'))
BACKTICK: Final = (Role.STR, verbatim("`"))
AT_NAME: Final = (Role.PRE, r"@[A-Za-z_]\w*+")
_DIRECTIVES: Final = (
    "include_next include define undef ifdef ifndef if elifdef elifndef elif else endif error warning pragma line "
    "ident import embed"
)
DIRECTIVE: Final = (Role.PRE, rf"^[ \t]*+#[ \t]*+(?:{'|'.join(_DIRECTIVES.split())})\b")
SYSTEM_HEADER: Final = (Role.STR, r"(?:(?<=include)|(?<=include[ \t]))<[^>\n]{1,255}+>")
# After what cannot end an expression a slash begins a pattern. Its length is bounded because its end may be missing.
SLASHED: Final = (
    Role.STR,
    r"(?<=[(,=:\[!&|?{};\n])[ \t]*+/(?![*/])(?:[^\\/\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,15}+\]){1,63}+/[a-z]*+",
)
RAW_CPP: Final = (
    Role.STR,
    r'(?<!\w)(?:u8|[uUL])?R"(?P<fence>[^()\\\s"]{0,16})\([\s\S]*?(?:\)(?P=fence)"|\Z)',
)

_C_RULES: Final = (BLOCK, (Role.COM, spliced("//")), DIRECTIVE, SYSTEM_HEADER)
_C_KEYS: Final = (
    "alignas alignof asm auto break case const constexpr continue default do else enum extern false for goto if inline "
    "nullptr register restrict return sizeof static static_assert struct switch thread_local true typedef typeof "
    "union volatile while _Alignas _Alignof _Atomic _Generic _Noreturn _Static_assert _Thread_local __attribute__ "
    "__asm__ __inline __inline__ __restrict __typeof__ __volatile__ NULL"
)
_C_TYPES: Final = (
    "bool char double float int long short signed unsigned void _Bool _Complex FILE __u8 __u16 __u32 __u64 __s8 __s16 "
    "__s32 __s64 __be16 __be32 __be64 __le16 __le32 __le64 u8 u16 u32 u64 s8 s16 s32 s64"
)
_CPP_KEYS: Final = (
    "and and_eq bitand bitor catch class co_await co_return co_yield compl concept consteval constinit const_cast "
    "decltype delete dynamic_cast explicit export final friend mutable namespace new noexcept not not_eq operator or "
    "or_eq override private protected public reinterpret_cast requires static_cast template this throw try typeid "
    "typename using virtual xor xor_eq"
)
_OBJC_KEYS: Final = (
    "@autoreleasepool @catch @class @dynamic @encode @end @finally @implementation @import @interface @optional "
    "@package @private @property @protected @protocol @public @required @selector @synchronized @synthesize @throw "
    "@try YES NO nil self super id in out inout bycopy byref oneway instancetype"
)
_C_NAMERS: Final = "struct union enum"

_JAVA_KEYS: Final = (
    "abstract assert break case catch class const continue default do else enum extends false final finally for goto "
    "if implements import instanceof interface native new non-sealed null package permits private protected public "
    "record return sealed static strictfp super switch synchronized this throw throws transient true try var volatile "
    "while yield"
)
_JAVA_TYPES: Final = "boolean byte char double float int long short void"
_KOTLIN_KEYS: Final = (
    "abstract actual annotation as break by catch class companion const constructor continue crossinline data do else "
    "enum expect external false final finally for fun get if import in infix init inline inner interface internal is "
    "lateinit noinline null object open operator out override package private protected public reified return sealed "
    "set super suspend tailrec this throw true try typealias val var vararg when where while"
)
_SCALA_KEYS: Final = (
    "abstract case catch class def do else enum export extends false final finally for forSome given if implicit "
    "import lazy match new null object override package private protected return sealed super then this throw "
    "trait true try type using val var while with yield"
)
_CSHARP_KEYS: Final = (
    "abstract as async await base break case catch checked class const continue default delegate do else enum event "
    "explicit extern false finally fixed for foreach get goto if implicit in init interface internal is lock namespace "
    "new null operator out override params private protected public readonly record ref return sealed set sizeof "
    "stackalloc static struct switch this throw true try typeof unchecked unsafe using var virtual volatile when where "
    "while yield"
)
_CSHARP_TYPES: Final = (
    "bool byte char decimal double dynamic float int long nint nuint object sbyte short string uint ulong ushort void"
)
_GO_KEYS: Final = (
    "break case chan const continue default defer else fallthrough false for func go goto if import interface iota map "
    "nil package range return select struct switch true type var"
)
_GO_TYPES: Final = (
    "any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint "
    "uint8 uint16 uint32 uint64 uintptr"
)
_RUST_KEYS: Final = (
    "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod "
    "move mut pub ref return self static struct super trait true type union unsafe use where while yield .await"
)
_RUST_TYPES: Final = "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Self"
_SWIFT_KEYS: Final = (
    "actor any as associatedtype async await break case catch class continue default defer deinit do else enum "
    "extension fallthrough false fileprivate for func guard if import in indirect init inout internal is isolated "
    "lazy let mutating nil nonisolated open operator override private protocol public repeat required rethrows "
    "return self some static struct subscript super switch throw throws true try typealias unowned var weak where "
    "while"
)
_JS_KEYS: Final = (
    "async await break case catch class const continue debugger default delete do else export extends false "
    "finally for from function get if import in instanceof let new null of return set static super switch this "
    "throw true try typeof undefined var void while with yield"
)
_TS_KEYS: Final = (
    "abstract as asserts declare enum implements infer interface is keyof module namespace override private protected "
    "public readonly satisfies type unique"
)
_TS_TYPES: Final = "any bigint boolean never number object string symbol unknown"
_PHP_KEYS: Final = (
    "abstract and array as break callable case catch class clone const continue declare default die do echo else "
    "elseif empty enddeclare endfor endforeach endif endswitch endwhile enum eval exit extends false final "
    "finally fn for foreach function global goto if implements include include_once instanceof insteadof "
    "interface isset list match namespace new null or parent print private protected public readonly require "
    "require_once return self static switch this throw trait true try unset use var while xor yield"
)
_PHP_TYPES: Final = "bool float int iterable mixed never object string void"
_PROTO_KEYS: Final = (
    "edition enum extend extensions false import map message oneof option optional package public repeated required "
    "reserved returns rpc service stream syntax to true weak"
)
_PROTO_TYPES: Final = (
    "bool bytes double fixed32 fixed64 float int32 int64 sfixed32 sfixed64 sint32 sint64 string uint32 uint64"
)

GRAMMARS: Final = {
    Language.C: Grammar((*_C_RULES, DOUBLE, CHAR), _C_KEYS, _C_TYPES, _C_NAMERS, number=TICKED, type_suffix="_t"),
    Language.CPP: Grammar(
        (*_C_RULES, RAW_CPP, DOUBLE, CHAR),
        f"{_C_KEYS} {_CPP_KEYS}",
        f"{_C_TYPES} char8_t char16_t char32_t wchar_t",
        f"{_C_NAMERS} class namespace typename",
        number=TICKED,
        type_suffix="_t",
    ),
    Language.OBJECTIVE_C: Grammar(
        (*_C_RULES, DOUBLE, CHAR),
        f"{_C_KEYS} {_OBJC_KEYS}",
        f"{_C_TYPES} BOOL",
        f"{_C_NAMERS} @interface @implementation @protocol @class",
        word="[.@]?" + word(),
        type_suffix="_t",
    ),
    Language.JAVA: Grammar(
        (BLOCK, SLASHES, TRIPLE, DOUBLE, SINGLE, AT_NAME), _JAVA_KEYS, _JAVA_TYPES, capital_types=True
    ),
    Language.KOTLIN: Grammar((BLOCK, SLASHES, TRIPLE, DOUBLE, SINGLE, AT_NAME), _KOTLIN_KEYS, capital_types=True),
    Language.SCALA: Grammar(
        (BLOCK, SLASHES, TRIPLE, DOUBLE, (Role.STR, r"'(?:[^'\\\n]|\\[^\n]{1,8}?)'"), AT_NAME),
        _SCALA_KEYS,
        capital_types=True,
    ),
    Language.CSHARP: Grammar(
        (
            BLOCK,
            SLASHES,
            TRIPLE,
            (Role.STR, r"\$?@\$?" + verbatim('"')),
            DOUBLE,
            SINGLE,
            (Role.PRE, starts(r"\#region \#endregion \#nullable \#if \#elif \#else \#endif \#define \#pragma")),
        ),
        _CSHARP_KEYS,
        _CSHARP_TYPES,
        capital_types=True,
    ),
    Language.GO: Grammar((BLOCK, SLASHES, BACKTICK, DOUBLE, SINGLE), _GO_KEYS, _GO_TYPES, "type"),
    Language.RUST: Grammar(
        (
            BLOCK,
            SLASHES,
            (Role.STR, r'(?<!\w)[bc]?r(?P<fence>#{0,32})"[\s\S]*?(?:"(?P=fence)|\Z)'),
            (Role.STR, long_quoted('"')),
            # A quote that is not closed after one character or escape begins a lifetime.
            (Role.STR, r"'(?:[^'\\\n\x80-\xff]|[\x80-\xff]{2,4}+|\\[^\n][^'\n]{0,9}+)'"),
            (Role.PRE, r"#!?\[[^\]\n]{0,255}+\]?+"),
            (Role.PRE, r"(?<!\w)[a-z_]\w{0,63}+!(?!=)"),
        ),
        _RUST_KEYS,
        _RUST_TYPES,
        capital_types=True,
    ),
    Language.SWIFT: Grammar(
        (BLOCK, SLASHES, TRIPLE, DOUBLE, AT_NAME, (Role.PRE, starts(r"\#if \#elseif \#else \#endif"))),
        _SWIFT_KEYS,
        capital_types=True,
    ),
    Language.JAVASCRIPT: Grammar(
        (BLOCK, SLASHES, (Role.STR, long_quoted("`")), DOUBLE, SINGLE, SLASHED, AT_NAME), _JS_KEYS, namers="class"
    ),
    Language.TYPESCRIPT: Grammar(
        (BLOCK, SLASHES, (Role.STR, long_quoted("`")), DOUBLE, SINGLE, SLASHED, AT_NAME),
        f"{_JS_KEYS} {_TS_KEYS}",
        _TS_TYPES,
        capital_types=True,
    ),
    Language.PHP: Grammar(
        (
            (Role.PLAIN, r"\A(?:(?!\?>)[\s\S])*?<\?(?:php\b|=)"),  # what a template prints before its first tag
            (Role.PLAIN, r"\?>[\s\S]*?(?:<\?(?:php\b|=)?|\Z)"),
            BLOCK,
            (Role.COM, r"(?://|#(?!\[))(?:(?!\?>)[^\n\r])*+"),
            (Role.STR, heredoc(r"<<<[ \t]{0,9}")),
            (Role.STR, long_quoted('"')),
            (Role.STR, long_quoted("'")),
            (Role.PRE, r"#\[[^\]\n]{0,255}+\]?+"),
            (Role.PLAIN, r"\$[A-Za-z_\x80-\xff][\w\x80-\xff]*+"),
        ),
        _PHP_KEYS,
        _PHP_TYPES,
        "class interface trait new extends implements enum",
        folds=True,
    ),
    Language.PROTOBUF: Grammar((BLOCK, SLASHES, DOUBLE, SINGLE), _PROTO_KEYS, _PROTO_TYPES, "message enum service"),
    Language.VERILOG: Grammar(
        (
            BLOCK,
            SLASHES,
            DOUBLE,
            (Role.PRE, r"`[A-Za-z_]\w*+"),
            (Role.NUM, r"(?<!\w)\d{0,9}+'[sS]?[bodhBODH][0-9a-fA-FxXzZ_?]++"),
        ),
        "always always_comb always_ff always_latch and assign automatic begin buf case casex casez class default "
        "defparam disable else end endcase endclass endfunction endgenerate endinterface endmodule endpackage "
        "endtask enum extends final for forever fork function generate genvar if import initial inout input "
        "interface join localparam modport module nand negedge new nor not or output package parameter posedge "
        "return signed struct task typedef union unsigned virtual while xnor xor",
        "bit byte int integer logic real reg shortint string supply0 supply1 time tri wire",
        "module",
    ),
    Language.TTCN3: Grammar(
        (BLOCK, SLASHES, DOUBLE, (Role.STR, r"'[0-9A-Fa-f?* \t\n]{0,4096}+'[BHO]")),
        "action activate alive all alt altstep and any as break call case catch check clear complement component "
        "connect const continue control create deactivate default disconnect display do done else encode "
        "enumerated error except exception execute extends extension external fail false for from function "
        "getcall getreply goto group halt if ifpresent import in inconc infinity inout interleave kill killed "
        "label language length log map match message mixed mod modifies module modulepar mtc none noblock not "
        "null of omit on optional or out override param pass pattern permutation port procedure public private "
        "raise read receive record rem repeat reply return running runs select self send sender set setverdict "
        "signature start stop subset superset system template testcase timeout timer to trigger true type union "
        "unmap value valueof var variant while with xor",
        "address anytype bitstring boolean charstring float hexstring integer octetstring universal verdicttype",
    ),
}
