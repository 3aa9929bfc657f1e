# SPDX-License-Identifier: Apache-2.0
"""The functions that are counted, in families of like ones: those that are told how large the target is, and not.

Unsafe are those that the C library's own successors (C11 Annex K, ISO/IEC TR 24731) and the list of functions banned by
Microsoft's Security Development Lifecycle replace, the bounded `strn` ones included; safe are those that take their
place. Whether a safe one is used rightly is another question.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple


class Family(StrEnum):
    """Functions that do the same; the value is how a page calls them."""

    MEMCPY = "memcpy-like"
    MEMMOVE = "memmove-like"
    MEMSET = "memset-like"
    STRCPY = "strcpy-like"
    STRCAT = "strcat-like"
    SPRINTF = "sprintf-like"
    SCANF = "scanf-like"
    GETS = "gets-like"


FAMILIES: Final = tuple(Family)


class Named(NamedTuple):
    """What a known name is."""

    family: Family
    is_safe: bool


_UNSAFE: Final = {
    Family.MEMCPY: "memcpy wmemcpy mempcpy wmempcpy bcopy memccpy RtlCopyMemory CopyMemory __builtin_memcpy",
    Family.MEMMOVE: "memmove wmemmove RtlMoveMemory MoveMemory __builtin_memmove",
    Family.MEMSET: "memset wmemset bzero FillMemory ZeroMemory RtlZeroMemory __builtin_memset",
    Family.STRCPY: "strcpy strncpy stpcpy stpncpy wcscpy wcsncpy wcpcpy _tcscpy _tcsncpy _mbscpy _mbsncpy lstrcpy"
    " lstrcpyA lstrcpyW lstrcpyn StrCpy StrCpyN StrNCpy __builtin_strcpy __builtin_strncpy __builtin_stpcpy",
    Family.STRCAT: "strcat strncat wcscat wcsncat _tcscat _tcsncat _mbscat _mbsncat lstrcat lstrcatA lstrcatW StrCat"
    " StrCatN StrNCat StrCatBuff __builtin_strcat __builtin_strncat",
    Family.SPRINTF: "sprintf vsprintf wsprintf wsprintfA wsprintfW wvsprintf _stprintf _vstprintf _snprintf"
    " _vsnprintf _snwprintf _vsnwprintf _sntprintf __builtin_sprintf __builtin_vsprintf",
    Family.SCANF: "scanf sscanf fscanf vscanf vsscanf vfscanf wscanf swscanf fwscanf _tscanf _stscanf snscanf"
    " __isoc99_scanf __isoc99_sscanf __isoc99_fscanf",
    Family.GETS: "gets _getws _getts getwd",
}
_SAFE: Final = {
    Family.MEMCPY: "memcpy_s wmemcpy_s __memcpy_chk __builtin___memcpy_chk",
    Family.MEMMOVE: "memmove_s wmemmove_s __memmove_chk __builtin___memmove_chk",
    Family.MEMSET: "memset_s wmemset_s __memset_chk __builtin___memset_chk",
    Family.STRCPY: "strcpy_s strncpy_s wcscpy_s wcsncpy_s _tcscpy_s _mbscpy_s strlcpy wcslcpy strscpy strscpy_pad"
    " StringCchCopy StringCchCopyA StringCchCopyW StringCbCopy StringCchCopyN g_strlcpy __strcpy_chk"
    " __builtin___strcpy_chk",
    Family.STRCAT: "strcat_s strncat_s wcscat_s wcsncat_s _tcscat_s _mbscat_s strlcat wcslcat StringCchCat"
    " StringCchCatA StringCchCatW StringCbCat StringCchCatN g_strlcat __strcat_chk __builtin___strcat_chk",
    Family.SPRINTF: "snprintf vsnprintf swprintf vswprintf sprintf_s vsprintf_s snprintf_s vsnprintf_s _snprintf_s"
    " _vsnprintf_s swprintf_s vswprintf_s scnprintf vscnprintf StringCchPrintf StringCchPrintfA StringCchPrintfW"
    " StringCbPrintf asprintf vasprintf g_snprintf g_vsnprintf __snprintf_chk __builtin___snprintf_chk"
    " __builtin_snprintf __builtin_vsnprintf",
    Family.SCANF: "scanf_s sscanf_s fscanf_s vscanf_s vsscanf_s vfscanf_s wscanf_s swscanf_s fwscanf_s",
    Family.GETS: "gets_s fgets fgetws _getws_s getline getdelim",
}
KNOWN: Final = {
    name.encode(): Named(family, is_safe)
    for is_safe, families in ((False, _UNSAFE), (True, _SAFE))
    for family, names in families.items()
    for name in names.split()
}
_CLAIM: Final = re.compile(rb"(?i)_s\Z|safe|secure|checked|bounded")
_DENIAL: Final = re.compile(rb"(?i)(?:un|not_?|in)(?:safe|secure|checked|bounded)")


def claims_safety(name: bytes) -> bool:
    """Say whether a name promises that its function looks at sizes."""
    known = KNOWN.get(name)
    if known is not None:
        return known.is_safe
    return _CLAIM.search(name) is not None and _DENIAL.search(name) is None
