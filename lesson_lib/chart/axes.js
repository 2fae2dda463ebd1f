// @ts-check
/** @import { Axis, Chart, Room } from "./types.d.ts" */

/**
 * From a value to a place between 0 and 1 along an axis.
 * @param {Axis} axis
 * @param {number} value
 */
export function along(axis, value) {
  if (!axis.log) return (value - axis.low) / (axis.high - axis.low);
  return Math.log(value / axis.low) / Math.log(axis.high / axis.low);
}

/**
 * And back.
 * @param {Axis} axis
 * @param {number} share
 */
export function valueAt(axis, share) {
  if (!axis.log) return axis.low + share * (axis.high - axis.low);
  return axis.low * (axis.high / axis.low) ** share;
}

/**
 * An even axis with other ends, and with ticks as far from each other as it has them up to these.
 * @param {Axis} axis
 * @param {number} low
 * @param {number} high
 * @returns {Axis}
 */
export function widened(axis, low, high) {
  const [first, second] = axis.ticks;
  if (!second) return { ...axis, low, high };
  const step = second.at - first.at;
  const decimals = (first.text.split(".")[1] ?? "").length;
  const written = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const ticks = [];
  for (let place = Math.ceil(low / step - 1e-9); place <= high / step + 1e-9; place += 1) {
    const at = place * step + 0; // not minus zero
    ticks.push({ at, text: at.toLocaleString("en", written).replace("-", "−") });
  }
  return { ...axis, low, high, ticks };
}

/**
 * One unit as long on one axis as on the other: the axis with room to spare shows more.
 * @param {Pick<Chart, "x" | "y">} chart
 * @param {Pick<Room, "width" | "height">} room
 */
export function equalAxes({ x, y }, { width, height }) {
  const unit = Math.min(width / (x.high - x.low), height / (y.high - y.low));
  /**
   * @param {Axis} axis
   * @param {number} length
   */
  const widen = (axis, length) => {
    const spare = (length / unit - (axis.high - axis.low)) / 2;
    return widened(axis, axis.low - spare, axis.high + spare);
  };
  return { x: widen(x, width), y: widen(y, height) };
}
