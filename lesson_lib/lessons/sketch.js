// @ts-check
// Axes to draw on, by mouse, finger or keyboard.
/** @import { Curve, Plot } from "../chart/types.d.ts" */
/** @import { Model, View } from "../panel/types.d.ts" */
/** @import { Drawn, Sketch, SketchTraits, Spot } from "./types.d.ts" */
import { along, valueAt } from "../chart/axes.js";
import { inTheme, themeOf, whenThemeChanges } from "../chart/colors.js";
import { element, frame } from "../panel/element.js";
import { live, sayState } from "../panel/live.js";
import { DRAW } from "../chart/marks.js";
import { contextOf, drawPicture, unpack } from "../chart/picture.js";
import { shortNumber } from "../chart/reading.js";
import { changed, isBlank, passed, within } from "./strokes.js";

/** @typedef {Model<SketchTraits>} SketchModel */

/**
 * What the page knows of a drawing.
 * @typedef {object} Board
 * @property {SketchModel} model
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} reading
 * @property {HTMLElement[]} labels of the buttons that choose a curve, in its colour
 * @property {Sketch} active the curve that is being drawn
 * @property {Drawn} drawn
 * @property {Plot | null} plot where the axes lie
 * @property {number | null} cursor the place that the keyboard is at
 * @property {Spot | null} last where a stroke that is under way has come to
 */

const HOW =
  "Draw with the mouse or a finger. By keyboard: ← → choose a place, ↑ ↓ move the curve there, Delete takes it away.";

const WHOLE = { low: 0, high: 1 };

/** @param {Board} board */
function draw(board) {
  const { model, canvas, labels, drawn, cursor, active } = board;
  if (!canvas.clientWidth) return;
  const [plot] = drawPicture(canvas, unpack(model.get("picture")));
  board.plot = plot;
  const g = contextOf(canvas);
  const theme = themeOf(canvas);
  model.get("sketches").forEach((sketch, place) => {
    DRAW.curve(g, plot, /** @type {Curve} */ (inTheme(curveOf(board, sketch), theme)));
    labels[place].style.color = theme.words(sketch.color);
  });
  if (cursor === null || document.activeElement !== canvas) return;
  const value = drawn[active.name][cursor];
  const [across, down] = [
    plot.atX(model.get("places")[cursor]),
    value === null ? plot.top + plot.height / 2 : plot.atY(value),
  ];
  g.strokeStyle = theme.line(active.color);
  g.lineWidth = 2;
  g.strokeRect(across - 7, down - 7, 14, 14);
}

/**
 * @param {Board} board
 * @param {Sketch} sketch
 * @returns {Curve}
 */
function curveOf({ model, drawn }, { name, color }) {
  /** @type {[number[], number[]]} */
  const [x, y] = [[], []];
  model.get("places").forEach((at, place) => {
    const value = drawn[name][place];
    if (value === null) return;
    x.push(at);
    y.push(value);
  });
  const [dash, marker] = [/** @type {const} */ ("dotted"), /** @type {const} */ ("dot")];
  const style = { color, opacity: 1, width: 1.5, dash, marker, marker_size: 7, arrow: false, named_at_end: false };
  return { kind: "curve", name, x: Float32Array.from(x), y: Float32Array.from(y), ...style };
}

/** @param {Board} board */
function send({ model, drawn }) {
  model.set("drawn", drawn);
  sayState(model, { drawn });
}

/**
 * @param {Board} board
 * @param {Plot} plot
 * @param {PointerEvent} event
 */
function drawTo(board, plot, { offsetX, offsetY }) {
  const to = {
    share: within(WHOLE, (offsetX - plot.left) / plot.width),
    up: within(WHOLE, 1 - (offsetY - plot.top) / plot.height),
  };
  const { x, y } = plot.chart;
  const shares = board.model.get("places").map((at) => along(x, at));
  for (const [place, up] of passed(shares, board.last, to)) {
    board.drawn[board.active.name][place] = within(y, valueAt(y, up));
  }
  board.last = to;
  draw(board);
}

/**
 * Whether the key was one for the drawing.
 * @param {Board} board
 * @param {Plot} plot
 * @param {string} key
 */
function press(board, plot, key) {
  const places = board.model.get("places");
  const values = board.drawn[board.active.name];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = (board.cursor ?? NaN) + (key === "ArrowLeft" ? -1 : 1);
    board.cursor = board.cursor === null ? 0 : within({ low: 0, high: places.length - 1 }, next);
  } else {
    const value = changed(values, board.cursor ?? 0, key, plot.chart.y);
    if (value === undefined) return false;
    board.cursor ??= 0;
    values[board.cursor] = value;
    send(board);
  }
  const [at, value] = [shortNumber(places[board.cursor]), values[board.cursor]];
  const said = value === null ? "nothing drawn" : shortNumber(value);
  board.reading.textContent = `${board.active.name}, ${plot.chart.x.label} ${at}: ${said}`;
  draw(board);
  return true;
}

/** @param {Board} board */
function listen(board) {
  const { model, canvas } = board;
  canvas.addEventListener("pointerdown", (event) => {
    if (model.get("measured") || !board.plot || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    board.cursor = null;
    drawTo(board, board.plot, event);
  });
  canvas.addEventListener("pointermove", (event) => board.last && board.plot && drawTo(board, board.plot, event));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (board.last) send(board);
      board.last = null;
    });
  }
  canvas.addEventListener("blur", () => draw(board));
  canvas.addEventListener("keydown", (event) => {
    if (model.get("measured") || !board.plot) return;
    if (press(board, board.plot, event.key)) event.preventDefault();
  });
}

/**
 * Which curve is drawn, and a button to begin anew.
 * @param {Board} board
 */
function choices(board) {
  const { model } = board;
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const sketches = model.get("sketches");
  const radios = sketches.map((sketch, place) => {
    const radio = element("input", { type: "radio", name: id, id: `${id}-${place}` });
    radio.checked = sketch === board.active;
    radio.addEventListener("change", () => {
      board.active = sketch;
    });
    const label = element("label", { class: "mbl-option", for: `${id}-${place}` }, radio, `draw ${sketch.name}`);
    board.labels.push(label);
    return label;
  });
  const anew = element("button", { type: "button" }, "Draw anew");
  anew.addEventListener("click", () => model.send({ clear: true }));
  const attributes = { class: "mbl-buttons", role: "group", "aria-label": "which curve to draw" };
  return element("div", attributes, ...(sketches.length > 1 ? radios : []), anew);
}

/** @param {View<SketchTraits>} view */
function render({ model, el }) {
  const canvas = element("canvas", { class: "mbl-sketch-picture", role: "img", tabindex: 0 });
  const how = element("p", { class: "mbl-status" }, HOW);
  const words = element("p", { class: "mbl-sentence", role: "status", "aria-live": "polite" });
  const reading = element("p", { class: "mbl-reading", "aria-live": "polite" });
  const reveal = element("button", { type: "button" });
  reveal.addEventListener("click", () => model.send({ show: true }));
  const notice = element("p", { class: "mbl-error", role: "alert" });
  /** @type {Board} */
  const board = {
    ...{ model, canvas, reading, labels: [] },
    active: model.get("sketches")[0],
    drawn: {},
    plot: null,
    cursor: null,
    last: null,
  };
  const root = frame({ class: "mbl-frame mbl-practice" }, choices(board), canvas, how, words, reveal, reading, notice);
  el.append(root);
  listen(board);

  function follow() {
    board.drawn = structuredClone(model.get("drawn"));
    words.textContent = model.get("words");
    notice.textContent = model.get("notice");
    canvas.setAttribute("aria-label", model.get("alt"));
    for (const radio of root.querySelectorAll("input")) radio.disabled = model.get("measured");
    how.hidden = model.get("measured");
    reveal.hidden = !model.get("held");
    reveal.textContent = isBlank(board.drawn) ? "Show me" : "Compare";
    // While a stroke is under way, the page knows it better.
    if (!board.last) draw(board);
  }
  const names = "change:drawn change:words change:notice change:picture change:alt change:measured change:held";
  model.on(names, follow);
  const endTheme = whenThemeChanges(canvas, () => draw(board));
  const resized = new ResizeObserver(() => draw(board));
  resized.observe(canvas);
  follow();
  return () => {
    model.off(names, follow);
    endTheme();
    resized.disconnect();
  };
}

export default live(render);
