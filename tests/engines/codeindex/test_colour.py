# SPDX-License-Identifier: Apache-2.0
"""A few lines of each language, and what in them has a colour."""

import pytest

from glasshouse.engines.codeindex.colour import Role, colour
from glasshouse.engines.codeindex.languages import Language

# Language, source, and the coloured tokens in their order: class and text without its outer spaces.
SAMPLES: list[tuple[Language, str, list[str]]] = [
    (
        Language.ADA,
        (
            "procedure Hello is -- greet\n"
            "   X : Integer := 16#FF#; C : Character := 'x';\n"
            'begin Put ("hi"); end Hello;'
        ),
        [
            "k procedure",
            "k is",
            "c -- greet",
            "t Integer",
            "m 16",
            "t Character",
            "s 'x'",
            "k begin",
            's "hi"',
            "k end",
        ],
    ),
    (
        Language.ASN1,
        "Msg ::= SEQUENCE { -- one -- id INTEGER (0..255), name UTF8String OPTIONAL, key '0A'H }",
        ["t Msg", "k SEQUENCE", "c -- one --", "t INTEGER", "m 0", "m 255", "t UTF8String", "k OPTIONAL", "s '0A'H"],
    ),
    (
        Language.ASSEMBLER,
        ("#include <linux/linkage.h>\n\t.text\nstart:\tmov\t$1, %eax # set\n\tadd r0, r1, #4 // arm\n/* end */"),
        [
            "p #include",
            "s <linux/linkage.h>",
            "p .text",
            "t start:",
            "m 1",
            "c # set",
            "m 4",
            "c // arm",
            "c /* end */",
        ],
    ),
    (
        Language.AWK,
        ('BEGIN { FS = ":" } # fields\n$1 > 10 { print "x" }'),
        ["k BEGIN", 's ":"', "c # fields", "m 1", "m 10", "k print", 's "x"'],
    ),
    (
        Language.C,
        (
            "#include <stdio.h>\n"
            "/* one\n"
            "   two */ static int f(const char *s, size_t n) // three\n"
            "{ struct foo x = { 0x1fUL, '\\'', \"a\\\"b\" }; return NULL; }"
        ),
        [
            "p #include",
            "s <stdio.h>",
            "c /* one",
            "c two */",
            "k static",
            "t int",
            "k const",
            "t char",
            "t size_t",
            "c // three",
            "k struct",
            "t foo",
            "m 0x1fUL",
            "s '\\''",
            's "a\\"b"',
            "k return",
            "k NULL",
        ],
    ),
    (
        Language.CMAKE,
        ('# set up\nif(UNIX)\n  set(A "${B}" 3)\nendif()'),
        ["c # set up", "k if", "k set", 's "${B}"', "m 3", "k endif"],
    ),
    (
        Language.CPP,
        'namespace a { class B final : C { std::string s = R"x(a)" /*)x"; int n = 1\'000; auto f() -> bool; }; }',
        ["k namespace", "t a", "k class", "t B", "k final", 's R"x(a)" /*)x"', "t int", "m 1'000", "k auto", "t bool"],
    ),
    (
        Language.CSHARP,
        ('#region A\npublic class A { string p = @"c:\\"; int n = 1; // x\n}'),
        ["p #region", "k public", "k class", "t string", 's @"c:\\"', "t int", "m 1", "c // x"],
    ),
    (
        Language.CSS,
        "/* a */ .box, #id { color: #fff; margin: 0 2px; } @media print { a:hover { top: 1em } }",
        ["c /* a */", "t .box", "t #id", "k color", "m #fff", "k margin", "m 0", "m 2px", "p @media", "k top", "m 1em"],
    ),
    (
        Language.DEVICE_TREE,
        (
            "/dts-v1/;\n"
            '#include "a.dtsi"\n'
            '&uart0 { #address-cells = <1>; status = "okay"; };\n'
            "led: led@1 { reg = <0x10 2>; };"
        ),
        [
            "p /dts-v1/",
            "p #include",
            's "a.dtsi"',
            "p &uart0",
            "k #address-cells",
            "m 1",
            "k status",
            's "okay"',
            "t led:",
            "k reg",
            "m 0x10",
            "m 2",
        ],
    ),
    (
        Language.DOCKERFILE,
        ('# base\nFROM debian:12\nRUN echo "x" $HOME'),
        ["c # base", "k FROM", "m 12", "k RUN", 's "x"', "p $HOME"],
    ),
    (
        Language.ERLANG,
        ('-module(a).\nf(X) when X > 16#ff -> "s"; % end\n?MODULE.'),
        ["p -module", "k when", "m 16", 's "s"', "c % end", "p ?MODULE"],
    ),
    (
        Language.GO,
        ('package a // b\nfunc F(x []byte) error { s := `raw\n"text"`; return nil }'),
        ["k package", "c // b", "k func", "t byte", "t error", "s `raw", 's "text"`', "k return", "k nil"],
    ),
    (
        Language.HASKELL,
        ("{-# LANGUAGE X #-}\nf :: Int -> String -- doc\nf x = let c = 'a' in \"s\" --> y"),
        ["p {-# LANGUAGE X #-}", "t Int", "t String", "c -- doc", "k let", "s 'a'", "k in", 's "s"'],
    ),
    (
        Language.HTML,
        '<!-- c --><p class="a">don\'t &amp; do</p>',
        ["c <!-- c -->", "k <p", "t class", 's "a"', "k >", "m &amp;", "k </p>"],
    ),
    (
        Language.INI,
        ('; a\n[section]\nkey = "v" 3\nx: yes'),
        ["c ; a", "t [section]", "k key", 's "v"', "m 3", "k x", "k yes"],
    ),
    (
        Language.INTEL_ASSEMBLER,
        ('%define A 1 ; set\nstart: mov eax, 0x10\nmsg db "hi", 0'),
        ["p %define", "m 1", "c ; set", "t start:", "m 0x10", "k db", 's "hi"', "m 0"],
    ),
    (
        Language.JAVA,
        ('@Override public String f(int n) { /* x */ return """\n a "b" """ + \'c\' + 1_000L; } // y'),
        [
            "p @Override",
            "k public",
            "t String",
            "t int",
            "c /* x */",
            "k return",
            's """',
            's a "b" """',
            "s 'c'",
            "m 1_000L",
            "c // y",
        ],
    ),
    (
        Language.JAVASCRIPT,
        ('const a = `x ${b}\n y`; let r = x.replace(/["\'\\/]/g, "q") / 2; // c\nclass A extends B {}'),
        [
            "k const",
            "s `x ${b}",
            "s y`",
            "k let",
            "s /[\"'\\/]/g",
            's "q"',
            "m 2",
            "c // c",
            "k class",
            "t A",
            "k extends",
        ],
    ),
    (
        Language.JSON,
        '{"a": [1, -2.5e3, true, null, "b\\"c"]}',
        ['s "a"', "m 1", "m 2.5e3", "k true", "k null", 's "b\\"c"'],
    ),
    (
        Language.KCONFIG,
        ('config FOO\n\tbool "Foo"\n\tdepends on BAR && !X # why\n\tdefault y if Z\n\thelp\n\t  Say Y.'),
        ["k config", "t bool", 's "Foo"', "k depends", "k on", "c # why", "k default", "k help"],
    ),
    (
        Language.KOTLIN,
        'fun f(x: Int): String? = when (x) { 1 -> "a" else -> null } // b',
        ["k fun", "t Int", "t String", "k when", "m 1", 's "a"', "k else", "k null", "c // b"],
    ),
    (
        Language.LINKER_SCRIPT,
        "ENTRY(_start) /* a */ SECTIONS { . = 0x100; .text : { *(.text) } }",
        ["k ENTRY", "c /* a */", "k SECTIONS", "m 0x100"],
    ),
    (
        Language.LUA,
        ("local x = [[a\nb]] --[[ c\nd ]] return nil -- e"),
        ["k local", "s [[a", "s b]]", "c --[[ c", "c d ]]", "k return", "k nil", "c -- e"],
    ),
    (
        Language.MAKE,
        ('# a \\\n  b\nCC := gcc\nall: x.o $(OBJS)\n\t$(CC) -o $@ $< "s"\nifeq ($(V),1)\nendif'),
        [
            "c # a \\",
            "c b",
            "t all:",
            "p $(OBJS)",
            "p $(CC)",
            "p $@",
            "p $<",
            's "s"',
            "k ifeq",
            "p $(V)",
            "m 1",
            "k endif",
        ],
    ),
    (
        Language.MESON,
        ("# a\nif true\n  x = 'b' + '''c'''\nendif"),
        ["c # a", "k if", "k true", "s 'b'", "s '''c'''", "k endif"],
    ),
    (
        Language.OBJECTIVE_C,
        ('#import "A.h"\n@interface A : B @property int n; @end // x\nid s = @"t";'),
        ["p #import", 's "A.h"', "k @interface", "t A", "k @property", "t int", "k @end", "c // x", "k id", 's "t"'],
    ),
    (
        Language.PERL,
        ("=pod\n\ndon't\n\n=cut\nmy $x = \"a\"; # b\nforeach my $q (@y) { print <<EOT; }\nit's\nEOT\n$#x; return 1;"),
        [
            "c =pod",
            "c don't",
            "c =cut",
            "k my",
            's "a"',
            "c # b",
            "k foreach",
            "k my",
            "k print",
            "s <<EOT; }",
            "s it's",
            "s EOT",
            "k return",
            "m 1",
        ],
    ),
    (
        Language.PHP,
        (
            "<p>don't</p>\n"
            "<?php // a ?> it's <?php\n"
            "function f(string $for): int { return 'b' . 1; } # c\n"
            "#[Attr]\n"
            "class A {}"
        ),
        [
            "c // a",
            "k function",
            "t string",
            "t int",
            "k return",
            "s 'b'",
            "m 1",
            "c # c",
            "p #[Attr]",
            "k class",
            "t A",
        ],
    ),
    (
        Language.PROTOBUF,
        ('syntax = "proto3"; // a\nmessage M { repeated string s = 1; }'),
        ["k syntax", 's "proto3"', "c // a", "k message", "t M", "k repeated", "t string", "m 1"],
    ),
    (
        Language.PYTHON,
        ('@dec\ndef f(x: int) -> None:  # a\n    """doc\n    more"""\n    return rb\'x\' + f"y{x}" + 0x1F + x.if_'),
        [
            "p @dec",
            "k def",
            "t int",
            "k None",
            "c # a",
            's """doc',
            's more"""',
            "k return",
            "s rb'x'",
            's f"y{x}"',
            "m 0x1F",
        ],
    ),
    (
        Language.RUBY,
        ('def f(x) # a\n  puts "b" if x.nil?; Foo.new :sym\n  s = <<~T\n    it\'s\n  T\nend'),
        ["k def", "c # a", 's "b"', "k if", "t Foo", "s :sym", "s <<~T", "s it's", "s T", "k end"],
    ),
    (
        Language.RUST,
        (
            "#[derive(Debug)]\n"
            "fn f<'a>(s: &'a str) -> Option<char> { println!(\"x\n"
            '{}", r#"a"b"#); Some(\'\\n\') } // c'
        ),
        [
            "p #[derive(Debug)]",
            "k fn",
            "t str",
            "t Option",
            "t char",
            "p println!",
            's "x',
            's {}"',
            's r#"a"b"#',
            "t Some",
            "s '\\n'",
            "c // c",
        ],
    ),
    (
        Language.SCALA,
        ('object A { val x: Int = 1; def f = """a\nb""" } // c'),
        ["k object", "k val", "t Int", "m 1", "k def", 's """a', 's b"""', "c // c"],
    ),
    (
        Language.SHELL,
        ("if [ \"$x\" = 'a\nb' ]; then # c\n  echo ${y#z} $((1<<2)) it\\'s\ncat <<EOF\ndon't\nEOF\nfi"),
        [
            "k if",
            's "$x"',
            "s 'a",
            "s b'",
            "k then",
            "c # c",
            "p ${y#z}",
            "m 1",
            "m 2",
            "s <<EOF",
            "s don't",
            "s EOF",
            "k fi",
        ],
    ),
    (
        Language.SQL,
        ("SELECT a, 'it''s' FROM t WHERE n > 1 -- x\nAND b::text = 2;"),
        ["k SELECT", "s 'it''s'", "k FROM", "k WHERE", "m 1", "c -- x", "k AND", "t text", "m 2"],
    ),
    (
        Language.SWIFT,
        "@objc func f(x: Int) -> String? { guard x > 1 else { return nil } } // a",
        ["p @objc", "k func", "t Int", "t String", "k guard", "m 1", "k else", "k return", "k nil", "c // a"],
    ),
    (
        Language.TCL,
        ('proc f {x} { set y "a$x" ; return $y }\n# c'),
        ["k proc", "k set", 's "a$x"', "k return", "p $y", "c # c"],
    ),
    (
        Language.TOML,
        ('# a\n[b]\nkey = "v"\nn = 1\nt = true'),
        ["c # a", "t [b]", "k key", 's "v"', "k n", "m 1", "k t", "k true"],
    ),
    (
        Language.TTCN3,
        ("module M { const integer x := 1; // a\n var bitstring b := '01'B }"),
        ["k module", "k const", "t integer", "m 1", "c // a", "k var", "t bitstring", "s '01'B"],
    ),
    (
        Language.TYPESCRIPT,
        ("interface A<T> { x: string; readonly y?: Promise<number> } // a\n@Dec() class B {}"),
        ["k interface", "t string", "k readonly", "t Promise", "t number", "c // a", "p @Dec", "k class"],
    ),
    (
        Language.VERILOG,
        ("`timescale 1ns\nmodule m(input wire a); // b\nassign x = 8'hFF; endmodule"),
        [
            "p `timescale",
            "m 1ns",
            "k module",
            "t m",
            "k input",
            "t wire",
            "c // b",
            "k assign",
            "m 8'hFF",
            "k endmodule",
        ],
    ),
    (
        Language.VHDL,
        ("entity e is port (a : in std_logic); -- b\nend; x <= '1'; y <= \"01\";"),
        ["k entity", "k is", "k port", "k in", "t std_logic", "c -- b", "k end", "s '1'", 's "01"'],
    ),
    (
        Language.XML,
        ('<?xml version="1.0"?>\n<!-- a\nb --><x:y z="1">it\'s</x:y><q/>'),
        [
            "p <?xml",
            "t version",
            's "1.0"',
            "k ?>",
            "c <!-- a",
            "c b -->",
            "k <x:y",
            "t z",
            's "1"',
            "k >",
            "k </x:y><q/>",
        ],
    ),
    (
        Language.YAML,
        ('# a\nkey: "v" # b\n- other-key: 12\n  url: http://x/#y\n  t: true\n---'),
        ["c # a", "k key", 's "v"', "c # b", "k - other-key", "m 12", "k url", "k t", "k true", "p ---"],
    ),
    (
        Language.YANG,
        ('module a { leaf-list b { type uint8; description "x\ny"; } } // c'),
        ["k module", "k leaf-list", "k type", "t uint8", "k description", 's "x', 's y"', "c // c"],
    ),
]


def coloured(source: str, language: Language) -> list[str]:
    return [
        f"{token.role} {token.text.strip()}"
        for tokens in colour(source.encode().split(b"\n"), language)
        for token in tokens
        if token.role is not Role.PLAIN and token.text.strip()
    ]


@pytest.mark.parametrize(("language", "source", "expected"), SAMPLES, ids=[row[0].name for row in SAMPLES])
def test_a_sample_has_its_colours(language: Language, source: str, expected: list[str]) -> None:
    assert coloured(source, language) == expected


@pytest.mark.parametrize(("language", "source"), [row[:2] for row in SAMPLES], ids=[row[0].name for row in SAMPLES])
def test_a_window_has_the_colours_that_its_lines_have_in_the_whole(language: Language, source: str) -> None:
    lines = source.encode().split(b"\n")
    whole = colour(lines, language)
    for first in range(len(lines)):
        assert colour(lines[first:], language, context_before=lines[:first]) == whole[first:]


def test_no_language_is_without_a_sample() -> None:
    assert {row[0] for row in SAMPLES} == set(Language)
