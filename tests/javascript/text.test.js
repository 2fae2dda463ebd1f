// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { textParts } from "../../lesson_lib/chart/text.js";

/** @type {[string, [string, string][]][]} */
const TEXTS = [
  ["", []],
  ["loss", [["loss", ""]]],
  [
    "g_B",
    [
      ["g", ""],
      ["B", "_"],
    ],
  ],
  [
    "|g_B − G|^2",
    [
      ["|g", ""],
      ["B", "_"],
      [" − G|", ""],
      ["2", "^"],
    ],
  ],
  [
    "5·10^{−5}",
    [
      ["5·10", ""],
      ["−5", "^"],
    ],
  ],
  [
    "B_{simple}",
    [
      ["B", ""],
      ["simple", "_"],
    ],
  ],
  ["a_", [["a_", ""]]],
];

test("what is set low and what high is found", () => {
  for (const [text, parts] of TEXTS) assert.deepEqual(textParts(text), parts);
});
