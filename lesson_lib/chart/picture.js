// @ts-check
// Draws a picture (lesson_lib/chart/picture.py says what it holds) on a canvas.
/** @import { Axis, Chart, Curve, Mark, PackedMark, PackedPicture, Picture, Plot, Pointed, Room, Standing } from "./types.d.ts" */
import { along, equalAxes } from "./axes.js";
import { DRAW, MARKER } from "./marks.js";
import { readOff } from "./reading.js";
import { drawText, INK, TYPE, textWidth } from "./text.js";

/** @typedef {CanvasRenderingContext2D} G */
/** @typedef {[mark: Curve, left: number][]} LegendLine */

const GRID = "#e3e3e3";
const LEGEND_TYPE = TYPE - 0.5;
const LEGEND_LINE = 21;

/**
 * Numbers arrive as bytes that need not begin at a multiple of four.
 * @param {DataView} view
 */
function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/**
 * @param {DataView} view
 * @param {PackedMark} cells
 */
function cellImage(view, { shape }) {
  const [rows, columns] = shape ?? [0, 0];
  const image = new ImageData(columns, rows);
  for (let cell = 0; cell < rows * columns; cell += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * cell + channel] = view.getUint8(3 * cell + channel);
    }
    image.data[4 * cell + 3] = 255;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {PackedMark} packed
 * @returns {Mark}
 */
function unpackMark(packed) {
  /** @type {Record<string, unknown>} */
  const mark = { ...packed };
  for (const [name, value] of Object.entries(packed)) {
    if (value instanceof DataView) mark[name] = packed.kind === "cells" ? cellImage(value, packed) : floats(value);
  }
  return /** @type {Mark} */ (/** @type {unknown} */ (mark));
}

/**
 * The picture as it came, with its arrays as arrays, and with the marks that had come before.
 * @param {PackedPicture} picture
 * @param {Record<string, PackedMark>} standing
 * @returns {Picture}
 */
export function unpack(picture, standing = {}) {
  const whole = (/** @type {PackedMark | Standing} */ mark) =>
    unpackMark(mark.kind === "standing" ? standing[/** @type {Standing} */ (mark).key] : mark);
  const rows = picture.rows.map((row) => row.map((chart) => ({ ...chart, marks: chart.marks.map(whole) })));
  return { ...picture, rows };
}

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  return /** @type {G} */ (canvas.getContext("2d"));
}

/**
 * Draws the whole picture anew and returns its plots: where each chart's axes lie.
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 * @param {number} zoom
 * @param {Pointed | null} pointed where values are read off
 */
export function drawPicture(canvas, picture, zoom, pointed) {
  const width = canvas.clientWidth / zoom;
  const height = picture.heights.reduce((sum, row) => sum + row, 0);
  const g = emptySheet(canvas, width, height, zoom);
  /** @type {Plot[]} */
  const plots = [];
  let top = 0;
  picture.rows.forEach((row, number) => {
    const shares = row.reduce((sum, chart) => sum + chart.width, 0);
    let left = 0;
    for (const chart of row) {
      const room = { left, top, width: (width * chart.width) / shares, height: picture.heights[number] };
      plots.push(drawChart(g, chart, room));
      left += room.width;
    }
    top += picture.heights[number];
  });
  if (pointed) drawReading(g, plots[pointed.plot], pointed.x, width);
  return plots;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {number} zoom
 */
function emptySheet(canvas, width, height, zoom) {
  const scale = zoom * (window.devicePixelRatio || 1);
  canvas.style.height = `${height * zoom}px`;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const g = contextOf(canvas);
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.fillStyle = "#fff";
  g.fillRect(0, 0, width, height);
  return g;
}

/**
 * @param {G} g
 * @param {Chart} chart
 * @param {Room} room
 */
function drawChart(g, chart, room) {
  const tickWidth = Math.max(0, ...chart.y.ticks.map((tick) => textWidth(g, tick.text)));
  // A least width, so that the axes stand still while their labels change.
  const left = (chart.y.ticks.length ? Math.max(30, tickWidth) + 12 : 10) + (chart.y.label ? 24 : 0);
  const legend = legendLines(g, chart, room.width - left);
  const plot = plotIn(chart, room, left, legend.length);
  drawText(g, chart.title, plot.left, room.top + 18, { size: TYPE + 3, weight: "bold" });
  drawLegend(g, legend, plot.left, room.top + (chart.title ? 42 : 18));
  drawAxes(g, plot, room);
  g.save();
  g.beginPath();
  // A marker at the end of an axis is seen whole; on a map nothing goes on beyond the rim.
  const rim = chart.equal ? 0 : 5;
  g.rect(plot.left - rim, plot.top - rim, plot.width + 2 * rim, plot.height + 2 * rim);
  g.clip();
  for (const mark of chart.marks) drawMark(g, plot, mark);
  g.restore();
  return plot;
}

/**
 * @param {G} g
 * @param {Plot} plot
 * @param {Mark} mark
 */
function drawMark(g, plot, mark) {
  const draw = /** @type {(g: G, plot: Plot, mark: Mark) => void} */ (DRAW[mark.kind]);
  draw(g, plot, mark);
}

/**
 * The axes of a chart, with room around them for what is written there.
 * @param {Chart} chart
 * @param {Room} room
 * @param {number} left
 * @param {number} legendRows
 * @returns {Plot}
 */
function plotIn(chart, room, left, legendRows) {
  const above = (chart.title ? 34 : 12) + LEGEND_LINE * legendRows;
  const below = (chart.x.ticks.length ? 24 : 8) + (chart.x.label ? 22 : 0);
  const size = { width: room.width - left - 16, height: room.height - above - below };
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
 * @param {G} g
 * @param {Chart} chart
 * @param {number} width
 */
function legendLines(g, chart, width) {
  /** @type {LegendLine[]} */
  const lines = [];
  let end = Infinity;
  for (const mark of chart.marks) {
    if (mark.kind !== "curve" || !mark.name) continue;
    const needs = textWidth(g, mark.name, LEGEND_TYPE) + 50;
    if (end + needs > width) {
      lines.push([]);
      end = 0;
    }
    lines[lines.length - 1].push([mark, end]);
    end += needs;
  }
  return lines;
}

/**
 * @param {G} g
 * @param {LegendLine[]} lines
 * @param {number} left
 * @param {number} top
 */
function drawLegend(g, lines, left, top) {
  lines.forEach((line, row) => {
    for (const [mark, at] of line) {
      const [x, y] = [left + at, top + LEGEND_LINE * row];
      const sample = { atX: (/** @type {number} */ value) => x + value, atY: () => y };
      const ends = mark.width ? [0, 14, 28] : [NaN, 14, NaN];
      const straight = { x: Float32Array.from(ends), y: new Float32Array(3), arrow: false };
      // One marker in the middle, not one at each end of the line.
      DRAW.curve(g, sample, { ...mark, ...straight, opacity: Math.max(mark.opacity, 0.6) }, [1]);
      drawText(g, mark.name, x + 34, y, { size: LEGEND_TYPE });
    }
  });
}

/**
 * @param {G} g
 * @param {string} color
 * @param {number[]} ends
 */
function drawSegment(g, color, [fromX, fromY, toX, toY]) {
  g.strokeStyle = color;
  g.beginPath();
  g.moveTo(fromX, fromY);
  g.lineTo(toX, toY);
  g.stroke();
}

/**
 * @param {G} g
 * @param {Plot} plot
 * @param {Room} room
 */
function drawAxes(g, plot, room) {
  const { x, y, left, top, width, height } = plot;
  const [right, bottom] = [left + width, top + height];
  const isDrawn = (/** @type {Axis} */ axis) => axis.ticks.length > 0 || axis.label !== "";
  g.lineWidth = 1;
  for (const tick of x.ticks) {
    const at = Math.round(plot.atX(tick.at)) + 0.5;
    if (x.grid) drawSegment(g, GRID, [at, top, at, bottom]);
    drawText(g, tick.text, at, bottom + 14, { align: "center" });
  }
  for (const tick of y.ticks) {
    const at = Math.round(plot.atY(tick.at)) + 0.5;
    if (y.grid) drawSegment(g, GRID, [left, at, right, at]);
    drawText(g, tick.text, left - 8, at, { align: "right" });
  }
  if (isDrawn(x)) drawSegment(g, INK, [left - 0.5, bottom + 0.5, right, bottom + 0.5]);
  if (isDrawn(y)) drawSegment(g, INK, [left - 0.5, top, left - 0.5, bottom + 0.5]);
  drawText(g, x.label, left + width / 2, bottom + (x.ticks.length ? 36 : 14), { align: "center" });
  g.save();
  g.translate(room.left + 14, top + height / 2);
  g.rotate(-Math.PI / 2);
  drawText(g, y.label, 0, 0, { align: "center" });
  g.restore();
}

/**
 * @param {G} g
 * @param {Plot | undefined} plot
 * @param {number} at
 * @param {number} width
 */
function drawReading(g, plot, at, width) {
  const read = plot && readOff(plot, at);
  if (!read) return;
  const across = plot.atX(read.x);
  g.lineWidth = 1;
  drawSegment(g, INK, [across, plot.top, across, plot.top + plot.height]);
  for (const { curve, x, y } of read.values) {
    g.fillStyle = curve.color;
    MARKER.dot(g, plot.atX(x), plot.atY(y), 9);
  }
  const room = textWidth(g, read.words) + 16;
  const left = Math.max(4, Math.min(across + 8, width - room - 4));
  g.fillStyle = "rgba(255, 255, 255, 0.94)";
  g.strokeStyle = "#999";
  g.fillRect(left, plot.top + 4, room, 26);
  g.strokeRect(left, plot.top + 4, room, 26);
  drawText(g, read.words, left + 8, plot.top + 17);
}
