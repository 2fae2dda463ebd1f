// @ts-check
// Draws a picture (lesson_lib/chart/picture.py says what it holds) on a canvas.
/** @import { Axis, Mark, PackedMark, PackedPicture, Picture, Plot, Pointed, Room, Standing, Theme } from "./types.d.ts" */
/** @import { LegendLine } from "./layout.js" */
import { inTheme, themeOf } from "./colors.js";
import {
  fittedWords,
  legendLines,
  LEGEND_LINE,
  LEGEND_TYPE,
  marginsOf,
  namedAtEnds,
  namePlaces,
  plotIn,
  roomsIn,
  sampleWidth,
  ticksWithRoom,
} from "./layout.js";
import { drawReading } from "./card.js";
import { DRAW, drawRing, drawSegment } from "./marks.js";
import { drawText, fittingSize, TYPE, textWidth } from "./text.js";

/** @typedef {CanvasRenderingContext2D} G */

const TITLE = /** @type {const} */ ({ size: TYPE + 3, weight: "bold" });

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

/** Fields of cells that hold colours; the others hold numbers. */
const IMAGES = new Set(["colors", "dark"]);

/**
 * @param {PackedMark} packed
 * @returns {Mark}
 */
function unpackMark(packed) {
  /** @type {Record<string, unknown>} */
  const mark = { ...packed };
  for (const [name, value] of Object.entries(packed)) {
    if (value instanceof DataView) mark[name] = IMAGES.has(name) ? cellImage(value, packed) : floats(value);
  }
  return /** @type {Mark} */ (/** @type {unknown} */ (mark));
}

/**
 * Marks that stand still, each with its arrays as arrays.
 * @param {Record<string, PackedMark>} standing
 * @returns {Record<string, Mark>}
 */
export function unpackMarks(standing) {
  return Object.fromEntries(Object.entries(standing).map(([key, mark]) => [key, unpackMark(mark)]));
}

/**
 * The picture as it came, with its arrays as arrays, and with the marks that had come before.
 * @param {PackedPicture} picture
 * @param {Record<string, Mark>} standing
 * @returns {Picture}
 */
export function unpack(picture, standing = {}) {
  const whole = (/** @type {PackedMark | Standing} */ mark) =>
    mark.kind === "standing"
      ? standing[/** @type {Standing} */ (mark).key]
      : unpackMark(/** @type {PackedMark} */ (mark));
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
 * @param {object} how
 * @param {number} [how.zoom]
 * @param {number} [how.height] what the picture is to fill, before it is zoomed
 * @param {Pointed | null} [how.pointed] where values are read off
 */
export function drawPicture(canvas, picture, { zoom = 1, height, pointed = null } = {}) {
  const width = canvas.clientWidth / zoom;
  const { rooms, height: filled } = roomsIn(picture, width, height);
  const theme = themeOf(canvas);
  const g = emptySheet(canvas, { width, height: filled, zoom, theme });
  const plots = rooms.map(({ chart, room }) => {
    const marks = chart.marks.map((mark) => inTheme(mark, theme));
    return drawChart(g, { ...chart, marks }, room, theme);
  });
  if (pointed) drawReading(g, plots, pointed, { width, height: filled }, theme);
  return plots;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, zoom: number, theme: Theme }} sheet
 */
function emptySheet(canvas, { width, height, zoom, theme }) {
  const scale = zoom * (window.devicePixelRatio || 1);
  canvas.style.height = `${height * zoom}px`;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const g = contextOf(canvas);
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.fillStyle = theme.ground;
  g.fillRect(0, 0, width, height);
  return g;
}

/**
 * @param {G} g
 * @param {Plot["chart"]} chart
 * @param {Room} room
 * @param {Theme} theme
 */
function drawChart(g, chart, room, theme) {
  const margins = marginsOf(g, chart);
  const wide = room.width - margins.left - 4;
  const named = namedAtEnds(g, chart, room);
  margins.right = Math.max(margins.right, named.width);
  const legend = legendLines(g, chart, wide, named.curves);
  const plot = plotIn(chart, room, margins, legend.length);
  const title = { ...TITLE, color: theme.ink, size: fittingSize(g, chart.title, wide, TITLE) };
  drawText(g, chart.title, plot.left, room.top + 17, title);
  drawLegend(g, legend, { left: plot.left, top: room.top + (chart.title ? 40 : 18), width: wide }, theme);
  drawAxes(g, plot, room, theme);
  g.save();
  g.beginPath();
  // A marker at the end of an axis is seen whole; on a map nothing goes on beyond the rim.
  const rim = chart.equal ? 0 : 5;
  g.rect(plot.left - rim, plot.top - rim, plot.width + 2 * rim, plot.height + 2 * rim);
  g.clip();
  for (const mark of fittedWords(g, plot)) drawMark(g, plot, mark);
  if (chart.start) drawRing(g, plot, chart.start, theme);
  g.restore();
  for (const { curve, x, y } of namePlaces(plot, named.curves)) {
    // On a dark ground the curve has a colour that can be read already.
    const color = theme.isDark ? curve.color : theme.words(curve.color);
    drawText(g, curve.name, x, y, { color, size: LEGEND_TYPE, halo: theme.ground });
  }
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
 * @param {G} g
 * @param {LegendLine[]} lines
 * @param {{ left: number, top: number, width: number }} room
 * @param {Theme} theme
 */
function drawLegend(g, lines, { left, top, width }, theme) {
  lines.forEach((line, row) => {
    for (const [mark, at] of line) {
      const [x, y] = [left + at, top + LEGEND_LINE * row];
      const sample = { atX: (/** @type {number} */ value) => x + value, atY: () => y };
      const [ends, before] = [mark.width ? [0, 14, 28] : [NaN, 7, NaN], sampleWidth(mark)];
      const straight = { x: Float32Array.from(ends), y: new Float32Array(3), arrow: false };
      // Dots that are faint and small are seen by their number; here is only one.
      const [opacity, marker_size] = [Math.max(mark.opacity, 0.6), Math.max(mark.marker_size, 6)];
      // One marker in the middle, not one at each end of the line.
      DRAW.curve(g, sample, { ...mark, ...straight, opacity, marker_size }, [1]);
      const size = fittingSize(g, mark.name, width - before, { size: LEGEND_TYPE });
      drawText(g, mark.name, x + before, y, { size, color: theme.ink });
    }
  });
}

/**
 * @param {G} g
 * @param {Plot} plot
 * @param {Room} room
 * @param {Theme} theme
 */
function drawAxes(g, plot, room, theme) {
  const { x, y, left, top, width, height } = plot;
  const [right, bottom] = [left + width, top + height];
  g.lineWidth = 1;
  drawTicks(g, plot, theme);
  const isDrawn = (/** @type {Axis} */ axis) => axis.ticks.length > 0 || axis.label !== "";
  if (isDrawn(x)) drawSegment(g, theme.ink, [left - 0.5, bottom + 0.5, right, bottom + 0.5]);
  if (isDrawn(y)) drawSegment(g, theme.ink, [left - 0.5, top, left - 0.5, bottom + 0.5]);
  const style = { color: theme.ink, align: /** @type {const} */ ("center") };
  const across = fittingSize(g, x.label, width + 16);
  drawText(g, x.label, left + width / 2, bottom + (x.ticks.length ? 34 : 14), { ...style, size: across });
  g.save();
  g.translate(room.left + 14, top + height / 2);
  g.rotate(-Math.PI / 2);
  drawText(g, y.label, 0, 0, { ...style, size: fittingSize(g, y.label, height + 24) });
  g.restore();
}

/**
 * Numbers along the axes, and the lines of the grid.
 * @param {G} g
 * @param {Plot} plot
 * @param {Theme} theme
 */
function drawTicks(g, plot, { grid, ink }) {
  const { x, y, left, top, width, height } = plot;
  const [right, bottom] = [left + width, top + height];
  for (const tick of ticksWithRoom(
    x.ticks,
    ({ at }) => plot.atX(at),
    ({ text }) => textWidth(g, text) + 8,
  )) {
    const at = Math.round(plot.atX(tick.at)) + 0.5;
    if (x.grid) drawSegment(g, grid, [at, top, at, bottom]);
    drawText(g, tick.text, at, bottom + 14, { color: ink, align: "center" });
  }
  for (const tick of ticksWithRoom(
    y.ticks,
    ({ at }) => plot.atY(at),
    () => TYPE + 2,
  )) {
    const at = Math.round(plot.atY(tick.at)) + 0.5;
    if (y.grid) drawSegment(g, grid, [left, at, right, at]);
    drawText(g, tick.text, left - 8, at, { color: ink, align: "right" });
  }
}
