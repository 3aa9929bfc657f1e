# SPDX-License-Identifier: Apache-2.0
"""A file's language, from a name and first bytes that the vendor chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.languages import Language, language_of
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath


@given(name=st.binary(min_size=1, max_size=60), head=st.binary(max_size=300))
def test_any_name_and_any_bytes_have_an_answer(name: bytes, head: bytes) -> None:
    try:
        path = TreePath(name)
    except InvalidError:
        return
    assert language_of(path, head) in {*Language, None}


@pytest.mark.parametrize("head", [b"#!" + b"/" * 100_000, b"#!/usr/bin/env" + b" -" * 50_000, b"-*-" * 50_000, b"\0"])
def test_a_hostile_head_names_no_language(head: bytes) -> None:
    assert language_of(TreePath(b"x"), head) is None


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("lib/ares_init.c", Language.C),
        ("include/a.h", Language.C),
        ("config.h.in", Language.C),
        ("a.C", Language.CPP),
        ("a.hpp", Language.CPP),
        ("a.java", Language.JAVA),
        ("a.go", Language.GO),
        ("a.rs", Language.RUST),
        ("a.PY", Language.PYTHON),
        ("a.mjs", Language.JAVASCRIPT),
        ("a.tsx", Language.TYPESCRIPT),
        ("a.php", Language.PHP),
        ("a.pl", Language.PERL),
        ("a.sh", Language.SHELL),
        ("arch/head.S", Language.ASSEMBLER),
        ("vmlinux.lds.S", Language.LINKER_SCRIPT),
        ("a.asm", Language.INTEL_ASSEMBLER),
        ("GNUmakefile", Language.MAKE),
        ("Makefile.am", Language.MAKE),
        ("Makefile.in", Language.MAKE),
        ("rules.mk", Language.MAKE),
        ("Kbuild", Language.MAKE),
        ("drivers/Kconfig", Language.KCONFIG),
        ("Kconfig.debug", Language.KCONFIG),
        ("Config.in", Language.KCONFIG),
        ("board.dtsi", Language.DEVICE_TREE),
        ("ietf-ip.yang", Language.YANG),
        ("RRC.asn1", Language.ASN1),
        ("schema.sql", Language.SQL),
        ("CMakeLists.txt", Language.CMAKE),
        ("Dockerfile.release", Language.DOCKERFILE),
        ("a.ttcn3", Language.TTCN3),
        ("README", None),
        ("notes.txt", None),
        ("firmware.bin", None),
        (".c", Language.C),
        ("c", None),
        ("dir.c/file", None),
    ],
)
def test_a_name_tells_its_language(name: str, language: Language | None) -> None:
    assert language_of(TreePath(name.encode()), b"") is language


@pytest.mark.parametrize(
    ("name", "head", "language"),
    [
        ("run", b"#!/bin/sh\n", Language.SHELL),
        ("run", b"#! /usr/bin/env -S python3 -u\n", Language.PYTHON),
        ("run", b"#!/usr/bin/env LANG=C perl5.36\r\n", Language.PERL),
        ("run", b"#!/opt/tool\n", None),
        ("run", b"\n#!/bin/sh\n", None),
        ("vector", b"// vector -*- C++ -*-\n", Language.CPP),
        ("rules", b"# -*- mode: makefile; tab-width: 4 -*-\n", Language.MAKE),
        ("feed", b"\xef\xbb\xbf<?xml version='1.0'?>", Language.XML),
        ("page", b"<?php echo 1;", Language.PHP),
        ("a.h", b"#pragma once\nnamespace a {", Language.CPP),
        ("a.h", b"#include <string>\n", Language.CPP),
        ("a.h", b"#include <string.h>\nstruct class_of;", Language.C),
        ("a.h", b"#import <A/A.h>\n@interface A", Language.OBJECTIVE_C),
        ("a.m", b"@implementation A", Language.OBJECTIVE_C),
        ("a.m", b"function y = f(x)", None),
        ("de.ts", b"<?xml version='1.0'?><!DOCTYPE TS>", Language.XML),
        ("a.c", b"#!/usr/bin/python", Language.C),
    ],
)
def test_a_head_tells_what_the_name_does_not(name: str, head: bytes, language: Language | None) -> None:
    assert language_of(TreePath(name.encode()), head) is language
