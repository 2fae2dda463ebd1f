// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { plain, textParts } from "../../lesson_lib/chart/text.js";

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
  [
    "T\\_shirt_B",
    [
      ["T", ""],
      ["_", ""],
      ["shirt", ""],
      ["B", "_"],
    ],
  ],
  [
    "a\\\\b\\^2",
    [
      ["a", ""],
      ["\\", ""],
      ["b", ""],
      ["^", ""],
      ["2", ""],
    ],
  ],
];

test("a text is read out without its levels", () => {
  assert.equal(plain("|g_B − G|^2 of T\\_shirts, B_{simple}"), "|gB − G|2 of T_shirts, Bsimple");
});

test("what is set low and what high is found", () => {
  for (const [text, parts] of TEXTS) assert.deepEqual(textParts(text), parts);
});
