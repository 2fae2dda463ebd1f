// @ts-check
// How it is shown that something is right or wrong: by a sign, and by a line at its side.
/** @import { Verdict } from "./types.d.ts" */

/** @type {Record<Verdict, string>} */
export const SIGNS = { right: "✓ ", wrong: "✗ ", "": "" };

/**
 * The classes of a text that says it.
 * @param {string} base
 * @param {Verdict} mark
 */
export function marked(base, mark) {
  return mark ? `${base} mbl-${mark}` : base;
}
