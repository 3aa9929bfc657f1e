# SPDX-License-Identifier: Apache-2.0
"""What a system is built and laid out with: assembler, make, Kconfig, device trees."""

from typing import Final

from glasshouse.engines.codeindex.grammar import Grammar, block, line, long_quoted, quoted, spliced, starts, word
from glasshouse.engines.codeindex.grammars.c_family import BLOCK, DIRECTIVE, DOUBLE, SINGLE, SLASHES, SYSTEM_HEADER
from glasshouse.engines.codeindex.grammars.scripts import HASH, HASH_APART
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import Role

_VARIABLE: Final = (Role.PRE, r"\$(?:\([\w.-]{1,99}+\)|\{[\w.-]{1,99}+\}|[@<^?*+%$])")
_MAKE_DIRECTIVES: Final = (
    "include sinclude ifeq ifneq ifdef ifndef else endif define endef export unexport override private vpath undefine"
)
_KCONFIG_KEYS: Final = (
    "mainmenu config menuconfig choice endchoice comment menu endmenu if endif source rsource osource orsource prompt "
    "default def_bool def_tristate depends select imply range visible option modules help ---help---"
)

GRAMMARS: Final = {
    # Which of # ; @ // begins a comment depends on the processor. Only what is one nearly everywhere is coloured
    # so: code must not look like comment.
    Language.ASSEMBLER: Grammar(
        (
            BLOCK,
            DIRECTIVE,
            SYSTEM_HEADER,
            SLASHES,
            (Role.COM, line(r"^[ \t]*+#")),
            (Role.COM, line(r"(?<=[ \t])[#@](?=[ \t])")),
            DOUBLE,
            (Role.PRE, r"(?<![\w.])\.[A-Za-z_]\w*+(?!\w|:)"),
            (Role.TYPE, r"^[A-Za-z_.$][\w.$]{0,255}+:"),
            (Role.PLAIN, r"%\w++"),
        ),
    ),
    Language.INTEL_ASSEMBLER: Grammar(
        (
            (Role.COM, line(";")),
            DOUBLE,
            SINGLE,
            (Role.PRE, r"^[ \t]*+%[A-Za-z]\w*+"),
            (Role.TYPE, r"^[A-Za-z_.$@?][\w.$@?]{0,255}+:"),
        ),
        "align bits byte default dword equ extern global db dd dq dw end endp ends equ extrn include incbin "
        "istruct macro endm org proc ptr public qword resb resd resq resw section segment struc times use16 use32 "
        "use64 word",
        folds=True,
    ),
    Language.LINKER_SCRIPT: Grammar(
        (BLOCK, DIRECTIVE, DOUBLE),
        "ADDR ALIGN ASSERT AT BYTE CONSTRUCTORS DEFINED ENTRY EXCLUDE_FILE EXTERN FILL GROUP HIDDEN INCLUDE INPUT KEEP "
        "LENGTH LOADADDR LONG MAX MEMORY MIN NOLOAD ORIGIN OUTPUT OUTPUT_ARCH OUTPUT_FORMAT PHDRS PROVIDE "
        "PROVIDE_HIDDEN QUAD SECTIONS SHORT SIZEOF SIZEOF_HEADERS SORT STARTUP VERSION",
        word=word(first=".*", then=".*"),
    ),
    Language.MAKE: Grammar(
        (
            (Role.PLAIN, r"\\[#$\\]"),
            (Role.COM, spliced("#")),
            DOUBLE,
            _VARIABLE,
            (Role.KEY, rf"^ *+-?(?:{'|'.join(_MAKE_DIRECTIVES.split())})\b"),
            (Role.TYPE, r"^[\w.%/$(){}-][\w.%/$(){} -]{0,255}+::?(?![:=])"),
        ),
    ),
    Language.CMAKE: Grammar(
        (
            (Role.COM, r"#\[(?P<comment>={0,16})\[[\s\S]*?(?:\](?P=comment)\]|\Z)"),
            HASH,
            (Role.STR, long_quoted('"')),
            (Role.PRE, r"\$(?:ENV|CACHE)?\{[\w./+-]{1,99}+\}"),
        ),
        "if elseif else endif foreach endforeach while endwhile function endfunction macro endmacro return break "
        "continue block endblock include find_package add_subdirectory add_library add_executable "
        "target_link_libraries target_include_directories target_compile_definitions target_compile_options set "
        "unset option project cmake_minimum_required install message",
        folds=True,
    ),
    Language.KCONFIG: Grammar(
        (
            HASH_APART,
            DOUBLE,
            SINGLE,
            (Role.KEY, starts(_KCONFIG_KEYS)),
            (Role.TYPE, starts("bool boolean tristate string hex int")),
            (Role.KEY, r"(?<=depends )on\b"),
        ),
        word=word(then="-"),
    ),
    Language.DEVICE_TREE: Grammar(
        (
            BLOCK,
            SLASHES,
            DIRECTIVE,
            SYSTEM_HEADER,
            DOUBLE,
            (Role.PRE, r"/[a-z][a-z0-9-]{1,31}/"),
            (Role.PRE, r"&(?:[A-Za-z_]\w*+|\{[^}\n]{0,99}+\})"),
            (Role.TYPE, r"(?<![\w-])[A-Za-z_]\w{0,99}+:(?=[ \t\n])"),
            (Role.KEY, r"(?<![\w,.+?#-])#?[A-Za-z][\w,.+?#-]{0,99}+(?=[ \t]{0,9}[=;])"),
        ),
        word=word(then=",.+?#@-"),
    ),
    Language.DOCKERFILE: Grammar(
        (
            (Role.COM, r"^[ \t]*+" + line("#")),
            DOUBLE,
            (
                Role.KEY,
                starts(
                    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
                    "STOPSIGNAL USER VOLUME WORKDIR"
                ),
            ),
            (Role.PRE, r"\$(?:\{[^}\n]{0,99}+\}?+|\w++)"),
        ),
    ),
    Language.MESON: Grammar(
        (HASH, (Role.STR, block("'''", "'''")), (Role.STR, quoted("'"))),
        "and break continue elif else endforeach endif false foreach if in not or true",
    ),
}
