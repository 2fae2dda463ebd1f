// @ts-check
// What has room where: charts in lines, ticks along an axis, names in a legend.
/** @import { Chart, Curve, Mark, Picture, Plot, Room, Tick } from "./types.d.ts" */
import { along, equalAxes } from "./axes.js";
import { textWidth, TYPE } from "./text.js";

/** @typedef {[mark: Curve, left: number][]} LegendLine */

/** The width that a picture is made for, in CSS pixels. */
const WIDTH = 960;
/** A chart that would have less of its width than this goes to the next line. */
const LEAST_SHARE = 0.72;
export const LEGEND_TYPE = TYPE - 0.5;
export const LEGEND_LINE = 20;
/**
 * Of a legend, before its name: a line, or a marker alone.
 * @param {Curve} mark
 */
export const sampleWidth = (mark) => (mark.width ? 34 : 20);

/**
 * Each chart with its room: a row in as many lines as it needs. Where a height is given, it is filled.
 * @param {Picture} picture
 * @param {number} width
 * @param {number} [height]
 */
export function roomsIn(picture, width, height) {
  const lines = picture.rows.flatMap((row, number) =>
    linesOf(row, width).map((charts) => ({ charts, height: picture.heights[number] })),
  );
  const stretch = height === undefined ? 1 : height / lines.reduce((sum, line) => sum + line.height, 0);
  /** @type {{ chart: Chart, room: Room }[]} */
  const rooms = [];
  let top = 0;
  for (const line of lines) {
    const shares = line.charts.reduce((sum, chart) => sum + chart.width, 0);
    let left = 0;
    for (const chart of line.charts) {
      const room = { left, top, width: (width * chart.width) / shares, height: line.height * stretch };
      rooms.push({ chart, room });
      left += room.width;
    }
    top += line.height * stretch;
  }
  return { rooms, height: top };
}

/**
 * @param {Chart[]} row
 * @param {number} width
 */
function linesOf(row, width) {
  const shares = row.reduce((sum, chart) => sum + chart.width, 0);
  /** @type {Chart[][]} */
  const lines = [];
  let left = 0;
  for (const chart of row) {
    const least = (LEAST_SHARE * WIDTH * chart.width) / shares;
    if (!lines.length || left < least) {
      lines.push([]);
      left = width;
    }
    lines[lines.length - 1].push(chart);
    left -= least;
  }
  return lines;
}

/**
 * As many ticks as have room: all of them, every second one, every third ...
 * @param {Tick[]} ticks
 * @param {(tick: Tick) => number} placeOf
 * @param {(tick: Tick) => number} lengthOf
 */
export function ticksWithRoom(ticks, placeOf, lengthOf) {
  for (let every = 1; ; every += 1) {
    const shown = ticks.filter((_, number) => number % every === 0);
    const fits = shown.slice(1).every((tick, number) => {
      const before = shown[number];
      return Math.abs(placeOf(tick) - placeOf(before)) >= (lengthOf(tick) + lengthOf(before)) / 2;
    });
    if (fits) return shown;
  }
}

/**
 * What is left free beside the axes of a chart, for what is written there.
 * @param {CanvasRenderingContext2D} g
 * @param {Chart} chart
 */
export function marginsOf(g, { x, y }) {
  const tickWidth = Math.max(0, ...y.ticks.map((tick) => textWidth(g, tick.text)));
  // Least widths, so that the axes stand still while their labels change.
  const left = (y.ticks.length ? Math.max(30, tickWidth) + 12 : 10) + (y.label ? 24 : 0);
  const atTheEnd = x.ticks.filter(({ at }) => along(x, at) > 0.95);
  const right = Math.max(16, ...atTheEnd.map(({ text }) => textWidth(g, text) / 2 + 2));
  return { left, right };
}

/** Between the middles of two names at the ends of curves. */
const NAME_LINE = 16;
/** Between the end of a curve and its name. */
const BEFORE_NAME = 7;
/** The names at the ends take no more than this share of a chart's width. */
const MOST_FOR_NAMES = 0.3;
/** Their room grows by so much at a time, so that the axes stand still while a name changes. */
const NAMES_STEP = 16;

/**
 * The curves whose names stand at their right ends, and the room that these take beside the axes.
 * @param {CanvasRenderingContext2D} g
 * @param {Chart} chart
 * @param {Room} room
 */
export function namedAtEnds(g, chart, room) {
  const isNamed = (/** @type {Mark} */ mark) =>
    mark.kind === "curve" && mark.name !== "" && mark.width > 0 && mark.named_at_end;
  const curves = chart.equal ? [] : /** @type {Curve[]} */ (chart.marks.filter(isNamed));
  const widest = Math.max(0, ...curves.map(({ name }) => textWidth(g, name, LEGEND_TYPE)));
  const needs = curves.length && NAMES_STEP * Math.ceil((BEFORE_NAME + widest + 4) / NAMES_STEP);
  const hasRoom = needs <= MOST_FOR_NAMES * room.width && curves.length * NAME_LINE <= room.height - 100;
  return hasRoom ? { curves, width: needs } : { curves: [], width: 0 };
}

/**
 * Heights as near as can be to those wished for, in the same order, and none nearer to the next than a line.
 * @param {number[]} wished
 * @param {number} top
 * @param {number} bottom
 */
export function spread(wished, top, bottom) {
  const order = [...wished.keys()].sort((one, other) => wished[one] - wished[other]);
  // Without the lines between them they must only not decrease; each block has the mean of its wishes.
  /** @type {{ sum: number, count: number }[]} */
  const blocks = [];
  order.forEach((index, place) => {
    let block = { sum: wished[index] - place * NAME_LINE, count: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.count >= block.sum / block.count; last = blocks.at(-1)) {
      block = { sum: block.sum + last.sum, count: block.count + last.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  const lowest = bottom - (wished.length - 1) * NAME_LINE;
  const heights = blocks.flatMap(({ sum, count }) => Array(count).fill(Math.max(top, Math.min(lowest, sum / count))));
  /** @type {number[]} */
  const found = [];
  order.forEach((index, place) => {
    found[index] = heights[place] + place * NAME_LINE;
  });
  return found;
}

/**
 * Where a curve is seen last: its last point, or where it leaves the plot above or below; null where it has no point.
 * @param {Plot} plot
 * @param {Curve} curve
 */
function endOf({ top, height, atX, atY }, { x, y }) {
  const bottom = top + height;
  /** @typedef {{ x: number, y: number }} Place */
  let [last, after] = /** @type {(Place | null)[]} */ ([null, null]);
  for (let i = x.length - 1; i >= 0; i -= 1) {
    const here = { x: atX(x[i]), y: atY(y[i]) };
    const isThere = Number.isFinite(here.x) && Number.isFinite(here.y);
    if (isThere && top <= here.y && here.y <= bottom) {
      if (!after) return here;
      const edge = after.y < top ? top : bottom;
      return { x: here.x + ((after.x - here.x) * (edge - here.y)) / (after.y - here.y), y: edge };
    }
    after = isThere ? here : null;
    last ??= after;
  }
  return last;
}

/**
 * Where each curve's name stands; a curve without a point has none.
 * @param {Plot} plot
 * @param {Curve[]} curves
 */
export function namePlaces(plot, curves) {
  const { left, top, width, height } = plot;
  const ends = curves.flatMap((curve) => {
    const end = endOf(plot, curve);
    return end ? [{ curve, x: Math.min(end.x, left + width), y: end.y }] : [];
  });
  const within = ends.map(({ y }) => Math.max(top, Math.min(top + height, y)));
  const heights = spread(within, top + 6, top + height - 6);
  return ends.map(({ curve, x }, place) => ({ curve, x: x + BEFORE_NAME, y: heights[place] }));
}

/**
 * The axes of a chart in its room.
 * @param {Chart} chart
 * @param {Room} room
 * @param {{ left: number, right: number }} margins
 * @param {number} legendRows
 * @returns {Plot}
 */
export function plotIn(chart, room, { left, right }, legendRows) {
  const above = (chart.title ? 32 : 12) + LEGEND_LINE * legendRows;
  const below = (chart.x.ticks.length ? 24 : 8) + (chart.x.label ? 20 : 0);
  const size = { width: room.width - left - right, height: room.height - above - below };
  const { x, y } = chart.equal ? equalAxes(chart, size) : chart;
  const plot = {
    left: room.left + left,
    top: room.top + above,
    width: Math.max(10, size.width),
    height: Math.max(10, size.height),
  };
  return {
    ...plot,
    chart,
    x,
    y,
    atX: (value) => plot.left + along(x, value) * plot.width,
    atY: (value) => plot.top + (1 - along(y, value)) * plot.height,
  };
}

/**
 * The words of a chart, so small that none lies on another one.
 * @param {CanvasRenderingContext2D} g
 * @param {Plot} plot
 * @returns {Mark[]}
 */
export function fittedWords(g, { chart, atX, atY }) {
  const words = chart.marks.filter((mark) => mark.kind === "words");
  const placed = words.map(({ x, y, text, size }) => ({
    x: atX(x),
    y: atY(y),
    size,
    half: textWidth(g, text, size) / 2,
  }));
  let scale = 1;
  placed.forEach((one, number) => {
    for (const other of placed.slice(number + 1)) {
      const beside = Math.abs(one.x - other.x) / (one.half + other.half + 3);
      const below = Math.abs(one.y - other.y) / (0.4 * (one.size + other.size));
      scale = Math.min(scale, Math.max(beside, below));
    }
  });
  return chart.marks.map((mark) => (mark.kind === "words" ? { ...mark, size: mark.size * scale } : mark));
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Chart} chart
 * @param {number} width
 * @param {Mark[]} elsewhere those whose names are not in the legend
 */
export function legendLines(g, chart, width, elsewhere) {
  /** @type {LegendLine[]} */
  const lines = [];
  let end = Infinity;
  for (const mark of chart.marks) {
    if (mark.kind !== "curve" || !mark.name || elsewhere.includes(mark)) continue;
    const needs = textWidth(g, mark.name, LEGEND_TYPE) + sampleWidth(mark) + 16;
    if (end + needs > width) {
      lines.push([]);
      end = 0;
    }
    lines[lines.length - 1].push([mark, end]);
    end += needs;
  }
  return lines;
}
