// @ts-check
// What can be in a chart, each kind drawn by the function of its name.
/** @import { Band, Cells, Curve, Scales, Theme, Words } from "./types.d.ts" */
import { drawText } from "./text.js";

const DASHES = { solid: [], dashed: [9, 5], dotted: [2, 4] };

/** @typedef {(g: CanvasRenderingContext2D, x: number, y: number, size: number) => void} DrawMarker */

/** @type {Record<Exclude<Curve["marker"], "none">, DrawMarker>} */
export const MARKER = {
  dot(g, x, y, size) {
    g.beginPath();
    g.arc(x, y, size / 2, 0, 2 * Math.PI);
    g.fill();
  },
  square(g, x, y, size) {
    g.fillRect(x - size / 2, y - size / 2, size, size);
  },
  cross(g, x, y, size) {
    g.lineWidth = 2;
    g.beginPath();
    for (const side of [-1, 1]) {
      g.moveTo(x - size / 2, y - (side * size) / 2);
      g.lineTo(x + size / 2, y + (side * size) / 2);
    }
    g.stroke();
  },
};

export const DRAW = {
  /**
   * @param {CanvasRenderingContext2D} g
   * @param {Scales} plot
   * @param {Curve} curve
   * @param {Iterable<number>} marked the points that have a marker
   */
  curve(g, plot, curve, marked = curve.x.keys()) {
    const { x, y, marker } = curve;
    g.save();
    g.globalAlpha = curve.opacity;
    g.strokeStyle = g.fillStyle = curve.color;
    if (curve.width) drawLine(g, plot, curve);
    if (marker !== "none") {
      for (const i of marked) MARKER[marker](g, plot.atX(x[i]), plot.atY(y[i]), curve.marker_size);
    }
    if (curve.arrow) arrowHead(g, plot, curve);
    g.restore();
  },

  /**
   * @param {CanvasRenderingContext2D} g
   * @param {Scales} plot
   * @param {Band} band
   */
  band(g, plot, { x, low, high, color, opacity }) {
    g.save();
    g.globalAlpha = opacity;
    g.fillStyle = color;
    g.beginPath();
    // A value that is missing leaves a gap: each part without one is an area of its own.
    /** @type {number[]} */
    let part = [];
    for (let i = 0; i <= x.length; i += 1) {
      if (i < x.length && [x[i], low[i], high[i]].every(Number.isFinite)) part.push(i);
      else if (part.length) {
        g.moveTo(plot.atX(x[part[0]]), plot.atY(high[part[0]]));
        for (const j of part) g.lineTo(plot.atX(x[j]), plot.atY(high[j]));
        for (const j of part.reverse()) g.lineTo(plot.atX(x[j]), plot.atY(low[j]));
        g.closePath();
        part = [];
      }
    }
    g.fill();
    g.restore();
  },

  /**
   * @param {CanvasRenderingContext2D} g
   * @param {Scales} plot
   * @param {Cells} cells
   */
  cells(g, plot, { colors, left, right, bottom, top, smooth }) {
    const [x, y] = [plot.atX(left), plot.atY(top)];
    g.imageSmoothingEnabled = smooth;
    g.drawImage(colors, x, y, plot.atX(right) - x, plot.atY(bottom) - y);
  },

  /**
   * @param {CanvasRenderingContext2D} g
   * @param {Scales} plot
   * @param {Words} words
   */
  words(g, plot, { x, y, text, color, size }) {
    drawText(g, text, plot.atX(x), plot.atY(y), { align: "center", color, size });
  },
};

/**
 * @param {CanvasRenderingContext2D} g
 * @param {string} color
 * @param {number[]} ends
 */
export function drawSegment(g, color, [fromX, fromY, toX, toY]) {
  g.strokeStyle = color;
  g.beginPath();
  g.moveTo(fromX, fromY);
  g.lineTo(toX, toY);
  g.stroke();
}

const RING_SIZE = 18;

/**
 * The ring at a start, with a rim of the ground's colour to set it off from what it lies on.
 * @param {CanvasRenderingContext2D} g
 * @param {Scales} plot
 * @param {[x: number, y: number]} start
 * @param {Theme} theme
 */
export function drawRing(g, plot, [x, y], { ground, ink }) {
  g.beginPath();
  g.arc(plot.atX(x), plot.atY(y), RING_SIZE / 2, 0, 2 * Math.PI);
  for (const [color, thickness] of /** @type {const} */ ([
    [ground, 5],
    [ink, 2.5],
  ])) {
    g.strokeStyle = color;
    g.lineWidth = thickness;
    g.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scales} plot
 * @param {Curve} curve
 */
function drawLine(g, plot, { x, y, width, dash }) {
  g.lineWidth = width;
  g.lineJoin = "round";
  g.setLineDash(DASHES[dash]);
  g.beginPath();
  let pen = false;
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [plot.atX(x[i]), plot.atY(y[i])];
    const there = Number.isFinite(px) && Number.isFinite(py);
    if (there) g[pen ? "lineTo" : "moveTo"](px, py);
    pen = there;
  }
  g.stroke();
  g.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Scales} plot
 * @param {Curve} curve
 */
function arrowHead(g, plot, { x, y, width }) {
  const [before, last] = [x.length - 2, x.length - 1];
  const [endX, endY] = [plot.atX(x[last]), plot.atY(y[last])];
  const [right, down] = [endX - plot.atX(x[before]), endY - plot.atY(y[before])];
  const angle = Math.atan2(down, right);
  const length = Math.min(6 + 2.5 * width, 0.7 * Math.hypot(right, down));
  g.beginPath();
  g.moveTo(endX, endY);
  for (const side of [-0.42, 0.42]) {
    g.lineTo(endX - length * Math.cos(angle + side), endY - length * Math.sin(angle + side));
  }
  g.fill();
}
