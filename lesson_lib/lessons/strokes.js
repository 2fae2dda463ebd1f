// @ts-check
// What a stroke of the pointer or a key does to a drawing.
/** @import { Axis } from "../chart/types.d.ts" */
/** @import { Drawn, Spot } from "./types.d.ts" */
import { along, valueAt } from "../chart/axes.js";
import { nearest } from "../chart/reading.js";

// One press of an arrow key moves a value by this share of the axis.
const KEY_STEP = 1 / 20;

const LIFTS = { ArrowDown: -1, ArrowUp: 1 };

/**
 * The places that a stroke sets, each with its height. Between two moves of the pointer it may have passed several:
 * all of them lie on the line between.
 * @param {number[]} shares where the places lie along the x axis
 * @param {Spot | null} from where the stroke was before; null where it begins
 * @param {Spot} to
 * @returns {[place: number, up: number][]}
 */
export function passed(shares, from, to) {
  if (!from) return [[nearest(shares, to.share), to.up]];
  return shares.flatMap((at, place) => {
    if ((at - from.share) * (at - to.share) > 0) return [];
    const part = to.share === from.share ? 1 : (at - from.share) / (to.share - from.share);
    return [[place, from.up + part * (to.up - from.up)]];
  });
}

/**
 * The value at a place after a key that moves it or takes it away; undefined for every other key.
 * @param {(number | null)[]} values
 * @param {number} place
 * @param {string} key
 * @param {Axis} axis of the values
 */
export function changed(values, place, key, axis) {
  if (key === "Delete") return null;
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  // A new point begins where its neighbour lies, or in the middle.
  const before = values[place] ?? values[place - 1] ?? values[place + 1] ?? null;
  const up = (before === null ? 0.5 : along(axis, before)) / KEY_STEP + LIFTS[key];
  return within(axis, valueAt(axis, Math.round(up) * KEY_STEP));
}

/**
 * @param {Pick<Axis, "low" | "high">} axis
 * @param {number} value
 */
export function within({ low, high }, value) {
  return Math.min(high, Math.max(low, value));
}

/**
 * Has nothing been drawn?
 * @param {Drawn} drawn
 */
export function isBlank(drawn) {
  return Object.values(drawn).every((values) => values.every((value) => value === null));
}
