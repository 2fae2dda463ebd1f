// @ts-check
// What is read off a picture: where, and a small card with the values beside it.
/** @import { Cells, Curve, Plot, Pointed, Reading, Room, Theme } from "./types.d.ts" */
import { DRAW, drawSegment, MARKER } from "./marks.js";
import { readOff } from "./reading.js";
import { drawText, fittingSize, TYPE, textWidth } from "./text.js";

/** @typedef {CanvasRenderingContext2D} G */
/** @typedef {{ width: number, height: number }} Size */

const HEAD = /** @type {const} */ ({ size: TYPE, weight: "600" });
const ROW = 19;
const SWATCH = 28;
const INSIDE = 9;
/** From the pointer. */
const AWAY = 14;
/** An image that is pointed at is shown so large. */
const LARGE = 100;
const NAME_OF_IMAGE = 18;

/**
 * @param {G} g
 * @param {Plot[]} plots
 * @param {Pointed} pointed
 * @param {Size} sheet
 * @param {Theme} theme
 */
export function drawReading(g, plots, pointed, sheet, theme) {
  const plot = plots[pointed.plot];
  const read = plot && readOff(plot, pointed);
  if (!read) return;
  const images = read.tile === undefined ? [] : frameTiles(g, plots, read.tile, plot, theme);
  if (!images.length) markPlace(g, plot, read, theme);
  const size = sizeOf(g, read, images.length);
  // Beside the pointer; of an image that is shown large, to the right of all that are framed.
  const beside = images.length ? Math.max(...images.map(({ right }) => right)) : plot.atX(read.x);
  const at = { x: beside, y: pointed.y === undefined ? plot.top : plot.atY(pointed.y) };
  const corner = cornerOf(at, size, images.length ? { ...plot, width: sheet.width - plot.left } : plot, sheet);
  drawCard(g, corner, size, theme);
  drawText(g, read.title, corner.left + INSIDE, corner.top + 15, { ...HEAD, color: theme.ink });
  drawRows(g, read, corner, size, theme);
  images.forEach(({ cells, title }, number) => {
    const left = corner.left + INSIDE + number * (LARGE + INSIDE);
    drawTile(g, cells, read.tile ?? 0, [left, corner.top + 28, LARGE, LARGE]);
    const style = { color: theme.ink, align: /** @type {const} */ ("center"), size: fittingSize(g, title, LARGE) };
    drawText(g, title, left + LARGE / 2, corner.top + 28 + LARGE + 10, style);
  });
}

/**
 * A line across the curves with a dot on each; on a map a small ring.
 * @param {G} g
 * @param {Plot} plot
 * @param {Reading} read
 * @param {Theme} theme
 */
function markPlace(g, plot, { x, y, rows }, { ground, ink }) {
  const across = plot.atX(x);
  g.lineWidth = 1;
  if (y === undefined) drawSegment(g, ink, [across, plot.top, across, plot.top + plot.height]);
  for (const { of } of rows) {
    if (!of) continue;
    g.fillStyle = of.curve.color;
    MARKER.dot(g, plot.atX(of.x), plot.atY(of.y), 9);
  }
  if (y === undefined) return;
  for (const [color, thickness] of /** @type {const} */ ([
    [ground, 4],
    [ink, 1.5],
  ])) {
    [g.strokeStyle, g.lineWidth] = [color, thickness];
    g.beginPath();
    g.arc(across, plot.atY(y), 5, 0, 2 * Math.PI);
    g.stroke();
  }
}

/**
 * Frames the image in each chart that has as many; these charts.
 * @param {G} g
 * @param {Plot[]} plots
 * @param {number} tile
 * @param {Plot} pointed
 * @param {Theme} theme
 */
function frameTiles(g, plots, tile, pointed, { ground, ink }) {
  const tiled = (/** @type {Plot} */ plot) =>
    /** @type {Cells | undefined} */ (plot.chart.marks.find((mark) => mark.kind === "cells" && mark.tiles.length));
  const many = tiled(pointed)?.tiles.length;
  return plots.flatMap((plot) => {
    const cells = tiled(plot);
    if (!cells || cells.tiles.length !== many) return [];
    const side = Math.sqrt(cells.tiles.length);
    const [left, top] = [plot.atX(cells.left), plot.atY(cells.top)];
    const [width, height] = [(plot.atX(cells.right) - left) / side, (plot.atY(cells.bottom) - top) / side];
    for (const [color, thickness] of /** @type {const} */ ([
      [ground, 6],
      [ink, 3],
    ])) {
      [g.strokeStyle, g.lineWidth] = [color, thickness];
      g.strokeRect(left + (tile % side) * width, top + Math.floor(tile / side) * height, width, height);
    }
    return [{ cells, title: plot.chart.title, right: plot.atX(cells.right) }];
  });
}

/**
 * @param {G} g
 * @param {Cells} cells
 * @param {number} tile
 * @param {[left: number, top: number, width: number, height: number]} room
 */
function drawTile(g, { colors, tiles }, tile, room) {
  const side = Math.sqrt(tiles.length);
  const [width, height] = [colors.width / side, colors.height / side];
  g.imageSmoothingEnabled = false;
  g.drawImage(colors, (tile % side) * width, Math.floor(tile / side) * height, width, height, ...room);
}

/**
 * @param {G} g
 * @param {Reading} read
 * @param {number} numImages
 * @returns {Size}
 */
function sizeOf(g, { title, rows }, numImages) {
  const swatch = rows.some(({ of }) => of) ? SWATCH : 0;
  const widths = rows.map(({ name, value }) => swatch + textWidth(g, name) + 14 + textWidth(g, value));
  const images = numImages * (LARGE + INSIDE) - INSIDE;
  return {
    width: 2 * INSIDE + Math.max(images, textWidth(g, title, HEAD.size, HEAD.weight), ...widths),
    height: 30 + ROW * rows.length + (numImages ? LARGE + NAME_OF_IMAGE : 0),
  };
}

/**
 * Beside the pointer, within its own chart where that is large enough, and on the sheet.
 * @param {{ x: number, y: number }} at
 * @param {Size} size
 * @param {Room} plot
 * @param {Size} sheet
 */
export function cornerOf(at, size, plot, sheet) {
  const right = plot.left + plot.width;
  const fitsRight = at.x + AWAY + size.width <= right;
  const beside = fitsRight ? at.x + AWAY : at.x - AWAY - size.width;
  const within = Math.max(plot.left, Math.min(beside, right - size.width));
  const below = Math.max(plot.top + 4, Math.min(at.y - size.height / 2, plot.top + plot.height - size.height - 4));
  return {
    left: Math.max(2, Math.min(within, sheet.width - size.width - 2)),
    top: Math.max(2, Math.min(below, sheet.height - size.height - 2)),
  };
}

/**
 * @param {G} g
 * @param {{ left: number, top: number }} corner
 * @param {Size} size
 * @param {Theme} theme
 */
function drawCard(g, { left, top }, { width, height }, { ground, ink }) {
  g.save();
  g.globalAlpha = 0.94;
  g.fillStyle = ground;
  g.fillRect(left, top, width, height);
  g.restore();
  g.lineWidth = 1;
  g.strokeStyle = ink;
  g.strokeRect(Math.round(left) + 0.5, Math.round(top) + 0.5, Math.round(width), Math.round(height));
}

/**
 * @param {G} g
 * @param {Reading} read
 * @param {{ left: number, top: number }} corner
 * @param {Size} size
 * @param {Theme} theme
 */
function drawRows(g, { rows }, { left, top }, { width }, { ink }) {
  const swatch = rows.some(({ of }) => of) ? SWATCH : 0;
  rows.forEach(({ name, value, of }, number) => {
    const y = top + 34 + ROW * number;
    if (of) drawSwatch(g, of.curve, left + INSIDE, y);
    drawText(g, name, left + INSIDE + swatch, y, { color: ink });
    drawText(g, value, left + width - INSIDE, y, { color: ink, align: "right" });
  });
}

/**
 * @param {G} g
 * @param {Curve} curve
 * @param {number} left
 * @param {number} y
 */
function drawSwatch(g, curve, left, y) {
  const sample = { atX: (/** @type {number} */ value) => left + value, atY: () => y };
  const straight = { x: Float32Array.of(0, 10, 20), y: new Float32Array(3), arrow: false };
  DRAW.curve(g, sample, { ...curve, ...straight, opacity: 1, marker_size: Math.min(9, curve.marker_size) }, [1]);
}
