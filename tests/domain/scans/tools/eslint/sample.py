# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
const order = process.argv[2];

eval(order);
new RegExp(order);
require("child_process").exec(order);
"""
SAMPLE = Sample(
    suffix=b".js",
    flawed=FLAWED,
    found=frozenset(
        {
            ("security/detect-eval-with-expression", 3),
            ("security/detect-non-literal-regexp", 4),
            ("security/detect-child-process", 5),
        }
    ),
    clean=b"export function add(one, two) {\n  return one + two;\n}\n",
    broken=(b"function (\n", b"\xff\xfe{{{", b"int main(void) { return 0; }\n"),
    silenced=b"/* eslint-disable */\n" + FLAWED.replace(b"eval(order);", b"eval(order); // eslint-disable-line"),
    settings={
        b"eslint.config.js": b"export default [{ ignores: ['**/*'] }];\n",
        b"eslint.config.mjs": b"export default [{ ignores: ['**/*'] }];\n",
        b".eslintrc.json": b'{"root": true, "rules": {}}\n',
        b".eslintignore": b"*\n",
        b"package.json": b'{"eslintConfig": {"rules": {}}, "type": "commonjs"}\n',
        b"tsconfig.json": b'{"exclude": ["*"]}\n',
    },
)
