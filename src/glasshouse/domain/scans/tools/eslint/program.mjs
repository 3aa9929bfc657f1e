// SPDX-License-Identifier: Apache-2.0
// Drives ESLint over files: `program.mjs FILE…`, a line of JSON for each file; `program.mjs --version`.
//
// The settings are these and no others: none is looked for, and comments in the source switch nothing off. What is no
// module is read once more as a script.
import parser from "@typescript-eslint/parser";
import { ESLint } from "eslint";
import security from "eslint-plugin-security";

const rules = Object.fromEntries(Object.keys(security.rules).map((name) => [`security/${name}`, "warn"]));
const checks = (sourceType) =>
  new ESLint({
    cwd: "/",
    allowInlineConfig: false,
    overrideConfigFile: true,
    overrideConfig: [
      { ignores: ["!**/node_modules/", "!**/.git/"] },
      {
        files: ["**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}"],
        plugins: { security },
        rules,
        linterOptions: { reportUnusedDisableDirectives: "off" },
      },
      {
        files: ["**/*.{js,cjs,mjs,jsx}"],
        languageOptions: { ecmaVersion: "latest", sourceType, parserOptions: { ecmaFeatures: { jsx: true } } },
      },
      { files: ["**/*.{ts,cts,mts,tsx}"], languageOptions: { parser } },
    ],
  });
const isFatal = (file) => file.messages.some((message) => message.fatal);

const names = process.argv.slice(2);
if (names[0] === "--version") {
  console.log(`eslint ${ESLint.version}`);
} else {
  const found = new Map((await checks("module").lintFiles(names)).map((file) => [file.filePath, file]));
  const again = [...found.values()].filter(isFatal).map((file) => file.filePath);
  if (again.length) {
    for (const file of await checks("commonjs").lintFiles(again)) {
      if (!isFatal(file)) found.set(file.filePath, file);
    }
  }
  for (const file of found.values()) {
    const messages = file.messages.filter((message) => message.ruleId !== null);
    const told = messages.map((m) => [m.ruleId, m.line ?? 0, m.column ?? 0, m.endLine ?? 0, m.endColumn ?? 0, m.message]);
    const isLeftOut = file.messages.length > messages.length && !isFatal(file);
    console.log(JSON.stringify({ file: file.filePath, fatal: isFatal(file), left_out: isLeftOut, messages: told }));
  }
}
