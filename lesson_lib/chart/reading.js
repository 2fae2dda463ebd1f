// @ts-check
// Values are read off the curves of a plot, or off a map.
/** @import { Cells, Curve, Mark, Plot, Reading } from "./types.d.ts" */
import { valueAt } from "./axes.js";

/**
 * Is it a curve with a name?
 * @param {Mark} mark
 * @returns {mark is Curve}
 */
function isReadable(mark) {
  return mark.kind === "curve" && mark.name !== "";
}

/**
 * The place of the value nearest to `at`; -1 where none is finite.
 * @param {ArrayLike<number>} values
 * @param {number} at
 */
export function nearest(values, at) {
  let best = -1;
  for (let i = 0; i < values.length; i += 1) {
    // Of two that are equally near the first one, whatever the last digits say.
    if (Number.isFinite(values[i]) && !(Math.abs(values[i] - at) >= Math.abs(values[best] - at) - 1e-3)) best = i;
  }
  return best;
}

/** @param {number} value */
export function shortNumber(value) {
  const isFar = Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3);
  const text = isFar
    ? value.toExponential(2)
    : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
  return text.replaceAll("-", "−");
}

/**
 * What is read off a plot at a place: of curves the values at one value of the x axis, of a map the value there.
 * @param {Plot} plot
 * @param {{ x: number, y?: number }} place
 * @returns {Reading | null}
 */
export function readOff(plot, place) {
  const tiled = cellsOf(plot, ({ tiles }) => tiles.length > 0);
  if (tiled) return readTile(tiled, place);
  const map = cellsOf(plot, ({ values }) => values !== null);
  return map ? readMap(plot, map, place) : readCurves(plot, place.x);
}

/**
 * @param {Plot} plot
 * @param {(cells: Cells) => boolean} holds
 */
function cellsOf(plot, holds) {
  return /** @type {Cells | undefined} */ (plot.chart.marks.find((mark) => mark.kind === "cells" && holds(mark)));
}

/**
 * The row and the column of cells at a place, from the upper left; null beside them.
 * @param {Cells} cells
 * @param {{ x: number, y?: number }} place
 * @param {number} rows
 * @param {number} columns
 */
function cellAt({ left, right, bottom, top }, { x, y = NaN }, rows, columns) {
  const [column, row] = [((x - left) / (right - left)) * columns, ((top - y) / (top - bottom)) * rows].map(Math.floor);
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}

/**
 * @param {Cells} cells
 * @param {{ x: number, y?: number }} place
 * @returns {Reading | null}
 */
function readTile(cells, place) {
  const side = Math.sqrt(cells.tiles.length);
  const at = cellAt(cells, place, side, side);
  if (!at) return null;
  const tile = at.row * side + at.column;
  return { ...place, title: cells.tiles[tile], rows: [], words: cells.tiles[tile], tile };
}

/**
 * @param {Plot} plot
 * @param {Cells} cells
 * @param {{ x: number, y?: number }} place
 * @returns {Reading | null}
 */
function readMap(plot, cells, place) {
  const { width: columns, height: rows } = cells.colors;
  const at = cellAt(cells, place, rows, columns);
  if (!at) return null;
  const [across, up] = [plot.chart.x.label, plot.chart.y.label].map((label) => label.split(/ \(|, /)[0]);
  const title = `${across} ${shortNumber(place.x)}, ${up} ${shortNumber(place.y ?? NaN)}`;
  const value = shortNumber(/** @type {Float32Array} */ (cells.values)[at.row * columns + at.column]);
  return { ...place, title, rows: [{ name: cells.name, value }], words: `${title}: ${cells.name} ${value}` };
}

/**
 * The values of all curves of a plot at one place of its x axis.
 * @param {Plot} plot
 * @param {number} at
 * @returns {Reading | null}
 */
function readCurves(plot, at) {
  const values = plot.chart.marks.filter(isReadable).flatMap((curve) => {
    const place = nearest(curve.x.map(plot.atX), plot.atX(at));
    return place < 0 || !Number.isFinite(curve.y[place]) ? [] : [{ curve, x: curve.x[place], y: curve.y[place] }];
  });
  if (!values.length) return null;
  // All stand at the point nearest to the pointer; another curve's value may lie a little beside it.
  const nearestX = nearest(
    values.map((value) => plot.atX(value.x)),
    plot.atX(at),
  );
  const x = values[nearestX].x;
  const rows = values.map((of) => ({ name: of.curve.name, value: shortNumber(of.y), of }));
  const title = `${plot.chart.x.label} ${shortNumber(x)}`.trim();
  return { x, title, rows, words: `${title}: ${rows.map(({ name, value }) => `${name} ${value}`).join(", ")}` };
}

/**
 * Which plot lies under a point of the canvas, and which values of its axes?
 * @param {Plot[]} plots
 * @param {number} x
 * @param {number} y
 */
export function plotAt(plots, x, y) {
  const plot = plots.findIndex(
    ({ left, top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height,
  );
  if (plot < 0) return null;
  const { left, top, width, height, x: across, y: up } = plots[plot];
  return { plot, x: valueAt(across, (x - left) / width), y: valueAt(up, (top + height - y) / height) };
}

/**
 * One step of the keyboard forwards or back from a place: along the points of a plot's longest curve, which on a map
 * is a path; or from one image to the next. From no place, to the first one.
 * @param {Plot} plot
 * @param {{ x: number, y?: number } | null} from
 * @param {number} step
 * @returns {{ x: number, y?: number }}
 */
export function nextPlace(plot, from, step) {
  const places = placesOf(plot);
  if (!places.length) return from ?? { x: plot.x.low };
  if (!from) return places[0];
  const away = places.map(({ x, y = 0 }) =>
    Math.hypot(plot.atX(x) - plot.atX(from.x), from.y === undefined ? 0 : plot.atY(y) - plot.atY(from.y)),
  );
  return places[Math.min(places.length - 1, Math.max(0, nearest(away, 0) + step))];
}

/**
 * The places that the keyboard steps through.
 * @param {Plot} plot
 * @returns {{ x: number, y?: number }[]}
 */
function placesOf(plot) {
  const tiled = cellsOf(plot, ({ tiles }) => tiles.length > 0);
  if (tiled) {
    const { tiles, left, right, bottom, top } = tiled;
    const side = Math.sqrt(tiles.length);
    return tiles.map((_, tile) => ({
      x: left + (((tile % side) + 0.5) / side) * (right - left),
      y: top - ((Math.floor(tile / side) + 0.5) / side) * (top - bottom),
    }));
  }
  const isThere = (/** @type {{ x: number, y: number }} */ { x, y }) => Number.isFinite(x) && Number.isFinite(y);
  const curves = plot.chart.marks.filter(isReadable).map(({ x, y }) => [...x].map((at, i) => ({ x: at, y: y[i] })));
  const longest = curves
    .map((points) => points.filter(isThere))
    .reduce((one, other) => (other.length > one.length ? other : one), []);
  if (cellsOf(plot, ({ values }) => values !== null)) return longest;
  return longest.map(({ x }) => ({ x })).sort((one, other) => one.x - other.x);
}
