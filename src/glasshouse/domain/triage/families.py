# SPDX-License-Identifier: Apache-2.0
"""Families of weaknesses: a closed table, by which results of several tools are told to be of the same thing.

Tools number one defect differently: a copy beyond a buffer is CWE-120 to one, 787 to the next, 119 to a third. A CWE
that stands in no family here is a family of its own.
"""

from collections.abc import Collection, Mapping
from typing import Final

_FAMILIES: Final[Mapping[str, tuple[int, ...]]] = {
    "bounds": (
        *(118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 129, 130, 131, 170, 193, 242, 466, 676, 786, 787, 788),
        *(805, 806, 823),
    ),
    "lifetime": (415, 416, 562, 590, 672, 761, 763, 825, 911),
    "leak": (401, 404, 459, 771, 772, 773, 775, 1341),
    "null": (252, 253, 476, 690),
    "uninitialised": (456, 457, 665, 824, 908, 909),
    "integers": (128, 190, 191, 192, 194, 195, 196, 197, 369, 681, 682, 704),
    "format": (134, 628, 685, 686),
    "race": (362, 363, 366, 367, 377, 378, 379, 662, 667, 820, 821, 833),
    "commands": (74, 77, 78, 88, 94, 95, 96, 470, 624, 917, 1336),
    "queries": (89, 90, 91, 564, 643, 652, 943),
    "pages": (79, 80, 83, 87, 116, 601, 644),
    "paths": (22, 23, 36, 41, 59, 61, 73, 434, 706),
    "deserialisation": (502, 915, 1321),
    "entities": (611, 776, 827),
    "credentials": (256, 257, 258, 259, 260, 312, 321, 522, 523, 540, 547, 798),
    "ciphers": (261, 310, 324, 325, 326, 327, 328, 347, 353, 354, 759, 760, 780, 916, 1240),
    "randomness": (329, 330, 331, 332, 334, 335, 336, 337, 338, 340, 1241),
    "certificates": (295, 296, 297, 298, 299, 319, 599, 923),
    "permissions": (250, 266, 269, 272, 273, 275, 276, 277, 279, 281, 284, 285, 287, 306, 732, 862, 863),
    "exhaustion": (400, 407, 409, 674, 770, 789, 834, 835, 1333),
    "errors": (209, 390, 391, 392, 396, 397, 703, 754, 755),
    "requests": (352, 441, 918),
    "never reached": (561, 563, 570, 571, 1164),
}
_OF: Final[Mapping[int, str]] = {cwe: family for family, cwes in _FAMILIES.items() for cwe in cwes}


def families(cwes: Collection[int]) -> frozenset[str]:
    """Return the families of some CWEs; a rule that names none is of no family, and like no other."""
    return frozenset(_OF.get(cwe, f"CWE-{cwe}") for cwe in cwes)
