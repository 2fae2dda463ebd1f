// @ts-check
// A canvas that writes down what is drawn on it, one line for each area, line, text and image.
/** @import { Cells, Chart, Mark } from "../../lesson_lib/chart/types.d.ts" */
import { axis } from "./made.js";

/** The colours of a page. What is drawn in one of them is written down by its name. */
const LIGHT = { ground: [255, 255, 255], ink: [0, 0, 0], grid: [224, 224, 224] };
export const DARK = { ground: [17, 17, 17], ink: [255, 255, 255], grid: [66, 66, 66] };

const rounded = (/** @type {number} */ value) => Math.round(100 * value) / 100 + 0;

/** What `save` keeps and `restore` brings back; a new canvas begins with it. */
const FIRST = {
  ...{ fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, lineJoin: "miter", globalAlpha: 1 },
  ...{ font: "10px sans-serif", textAlign: "start", textBaseline: "alphabetic", imageSmoothingEnabled: true },
  ...{ dash: /** @type {number[]} */ ([]), clips: false, scale: 1, turned: 0, x: 0, y: 0 },
};

/** Each letter is half as wide as the type is high. */
class Context {
  /** @param {Record<string, number[]>} theme */
  constructor(theme) {
    Object.assign(this, FIRST);
    /** @type {any} */
    this.now = this;
    /** @type {string[]} */
    this.lines = [];
    /** @type {object[]} */
    this.saved = [];
    /** @type {string[]} */
    this.path = [];
    this.names = new Map(Object.entries(theme).map(([name, rgb]) => [`rgb(${rgb.join(" ")})`, name]));
  }
  save() {
    this.saved.push(Object.fromEntries(Object.keys(FIRST).map((name) => [name, this.now[name]])));
  }
  restore() {
    if (!this.saved.length) throw new Error("nothing was saved");
    Object.assign(this, this.saved.pop());
  }
  setTransform(/** @type {number[]} */ ...[scale, ...rest]) {
    if (rest.join() !== [0, 0, scale, 0, 0].join()) throw new Error("a sheet is scaled alone, and as much both ways");
    Object.assign(this, { scale, turned: 0, x: 0, y: 0 });
  }
  translate(/** @type {number} */ x, /** @type {number} */ y) {
    Object.assign(this, { x: this.now.x + x, y: this.now.y + y });
  }
  rotate(/** @type {number} */ angle) {
    this.now.turned += angle;
  }
  setLineDash(/** @type {number[]} */ dash) {
    this.now.dash = dash;
  }
  beginPath() {
    this.path = [];
  }
  moveTo(/** @type {number[]} */ ...to) {
    this.path.push(`from ${this.place(to)}`);
  }
  lineTo(/** @type {number[]} */ ...to) {
    this.path.push(`to ${this.place(to)}`);
  }
  closePath() {
    this.path.push("closed");
  }
  rect(/** @type {number[]} */ ...edges) {
    this.path.push(`box ${edges.map(rounded).join(" ")}`);
  }
  arc(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r, from = 0, to = 0) {
    this.path.push(`${to - from === 2 * Math.PI ? "circle" : "arc"} ${this.place([x, y])} ${rounded(r)}`);
  }
  clip() {
    this.lines.push(`clip ${this.path.join(" ")}`);
    this.now.clips = true;
  }
  fill() {
    this.write("fill", this.now.fillStyle, this.path.join(" "));
  }
  stroke() {
    const { dash, lineJoin } = this.now;
    const pen = `${rounded(this.now.lineWidth)}${dash.length ? ` dash ${dash.join(" ")}` : ""}`;
    this.write("line", this.now.strokeStyle, `${pen}${lineJoin === "round" ? " round" : ""}, ${this.path.join(" ")}`);
  }
  fillRect(/** @type {number[]} */ ...edges) {
    this.write("fill", this.now.fillStyle, `box ${edges.map(rounded).join(" ")}`);
  }
  strokeRect(/** @type {number[]} */ ...edges) {
    this.write("line", this.now.strokeStyle, `${this.now.lineWidth}, box ${edges.map(rounded).join(" ")}`);
  }
  /** @param {string} text */
  measureText(text) {
    return { width: (this.size() * text.length) / 2 };
  }
  fillText(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) {
    const weight = this.now.font.match(/bold|600/)?.[0] ?? "";
    this.write(
      "text",
      this.now.fillStyle,
      `${rounded(this.size())}${weight && ` ${weight}`}, ${this.spot(x, y)}, ${text}`,
    );
  }
  strokeText(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) {
    this.write("rim", this.now.strokeStyle, `${this.now.lineWidth}, ${this.spot(x, y)}, ${text}`);
  }
  drawImage(/** @type {{ name: string }} */ { name }, /** @type {number[]} */ ...edges) {
    const smooth = this.now.imageSmoothingEnabled ? "smooth " : "";
    this.lines.push(`image ${smooth}${name}, ${edges.map(rounded).join(" ")}`);
  }
  size() {
    return parseFloat(this.now.font.match(/([\d.]+)px/)[1]);
  }
  /** Where the left end of a text is, at half its height. */
  spot(/** @type {number} */ x, /** @type {number} */ y) {
    const { textAlign, textBaseline, turned } = this.now;
    const unusual = `${textAlign} ${textBaseline}` === "left middle" ? "" : `${textAlign} ${textBaseline} `;
    return `${unusual}${turned ? `turned ${rounded(turned / Math.PI)} ` : ""}${this.place([x, y])}`;
  }
  /** @param {number[]} to */
  place([x, y]) {
    const { turned } = this.now;
    const [right, down] = [x * Math.cos(turned) - y * Math.sin(turned), x * Math.sin(turned) + y * Math.cos(turned)];
    return `${rounded(this.now.x + right)},${rounded(this.now.y + down)}`;
  }
  write(/** @type {string} */ kind, /** @type {string} */ color, /** @type {string} */ what) {
    const { globalAlpha } = this.now;
    const faint = globalAlpha === 1 ? "" : ` ${rounded(globalAlpha)}`;
    this.lines.push(`${kind} ${this.names.get(color) ?? color}${faint} ${what}`);
  }
}

/**
 * A canvas of a page that is so many pixels wide, and the lines that drawing on it writes.
 * @param {number} width
 * @param {{ theme?: Record<string, number[]>, dense?: number }} options
 */
export function sheet(width, { theme = LIGHT, dense = 1 } = {}) {
  const context = new Context(theme);
  const css = Object.entries(theme).map(([name, rgb]) => [name, `rgb(${rgb.join(", ")})`]);
  const { ground, ink, grid } = Object.fromEntries(css);
  Object.assign(globalThis, {
    window: { devicePixelRatio: dense },
    getComputedStyle: () => ({ backgroundColor: ground, color: ink, borderTopColor: grid }),
  });
  const canvas = { clientWidth: width, width: 1, height: 1, style: { height: "" }, getContext: () => context };
  return { canvas: /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (canvas)), lines: context.lines, context };
}

/**
 * A chart without anything around its axes, which are even and go from 0 to 4 and from 0 to 2.
 * @param {Mark[]} marks
 * @param {Partial<Chart>} options
 * @returns {Chart}
 */
export function bare(marks, options = {}) {
  const [x, y] = [axis(0, 4, { label: "" }), axis(0, 2, { label: "" })];
  return { title: "", x, y, marks, width: 1, equal: false, start: null, ...options };
}

/**
 * An image, known by its name.
 * @param {string} name
 * @param {number} width
 * @param {number} height
 */
export function image(name, width, height) {
  return /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ ({ name, width, height }));
}

/**
 * Cells that fill the axes of a bare chart.
 * @param {Partial<Cells>} options
 * @returns {Cells}
 */
export function cells(options = {}) {
  const place = { left: 0, right: 4, bottom: 0, top: 2, dark: null, values: null, name: "", smooth: false };
  return { kind: "cells", colors: image("colours", 4, 4), tiles: [], ...place, ...options };
}
