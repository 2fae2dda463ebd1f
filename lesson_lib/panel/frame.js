// @ts-check
// The page's half of a panel. All that is shown is in the model's traits.
/** @import { Picture, Plot, Pointed } from "../chart/types.d.ts" */
/** @import { Model, PanelTraits, View } from "./types.d.ts" */
import { element, frame } from "./element.js";
import { button, buttons, controls, moreSheet, scrubber } from "./controls.js";
import { live, sayState, THIS_TAB } from "./live.js";
import { whenThemeChanges } from "../chart/colors.js";
import { drawPicture, unpack, unpackMarks } from "../chart/picture.js";
import { nextPlace, plotAt, readOff, shortNumber } from "../chart/reading.js";
import { draggedTo, steppedTo } from "../chart/start.js";
import { plain } from "../chart/text.js";

/** @typedef {Model<PanelTraits>} PanelModel */

/** @param {string[]} names */
const changes = (names) => names.map((name) => `change:${name}`).join(" ");

// The smallest type of a picture, and what it is at least in full screen, for the back of a classroom: on a screen
// 1,080 pixels high 28.
const SMALLEST_TYPE = 12.5;
const FULL_SCREEN_TYPE = 28 / 1080;

function fullScreenButton() {
  const node = button("", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else node.closest(".mbl-frame")?.requestFullscreen();
  });
  node.className = "mbl-full";
  for (const name of ["aria-label", "title"]) node.setAttribute(name, "Full screen");
  node.hidden = !document.fullscreenEnabled;
  return node;
}

/**
 * What the sentence leaves out, until the learner unfolds it.
 * @param {PanelModel} model
 */
function details(model) {
  const list = element("dl");
  const node = element("details", { class: "mbl-details" }, element("summary", {}, "details"), list);
  const follow = () => {
    const items = model.get("details");
    list.replaceChildren(...items.flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]));
    node.hidden = !items.length;
  };
  return { node, follow };
}

/** @param {PanelModel} model */
function words(model) {
  const sentence = element("p", { class: "mbl-sentence" });
  const status = element("p", { class: "mbl-status" });
  const bar = element("progress", { class: "mbl-progress", max: 1, "aria-label": "share of the run that is made" });
  const error = element("p", { class: "mbl-error", role: "alert" });
  const progress = element("div", { class: "mbl-where" }, status, bar);
  const code = element("pre");
  const reproduce = element("details", {}, element("summary", {}, "The same run in code"), code);
  const folded = details(model);
  const follow = () => {
    folded.follow();
    sentence.textContent = model.get("sentence");
    status.textContent = model.get("status");
    error.textContent = model.get("error");
    bar.value = model.get("done");
    code.textContent = model.get("code");
    reproduce.hidden = !model.get("code");
  };
  return { sentence, details: folded.node, status, progress, error, reproduce, follow };
}

/** @type {Record<string, [across: number, step: number]>} */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * Where the arrow keys lead from a place, or from nowhere, among the plots.
 * @param {Plot[]} plots
 * @param {Pointed | null} from
 * @param {string} key one of `MOVES`
 * @returns {Pointed}
 */
export function moved(plots, from, key) {
  const [across, step] = MOVES[key];
  const plot = ((from?.plot ?? 0) + across + plots.length) % plots.length;
  return { plot, ...nextPlace(plots[plot], across ? null : from, step) };
}

/**
 * What is seen of the picture.
 * @typedef {object} Seen
 * @property {Picture | null} picture
 * @property {number} zoom
 * @property {Plot[]} plots where its charts' axes lie
 * @property {Pointed | null} pointed where a value is read off: under the pointer, or where the arrow keys have gone
 * @property {number | null} dragged in which plot the start of the run follows the pointer
 */

/**
 * Where an event on the canvas lies in the picture.
 * @param {Seen} seen
 * @param {{ offsetX: number, offsetY: number }} event
 * @returns {[x: number, y: number]}
 */
const placeOf = (seen, { offsetX, offsetY }) => [offsetX / seen.zoom, offsetY / seen.zoom];

/**
 * The start of the run follows the pointer over its plot.
 * @param {HTMLCanvasElement} canvas
 * @param {Seen} seen
 * @param {(start: [x: number, y: number]) => void} startFrom
 */
function listenForDrags(canvas, seen, startFrom) {
  const plotUnder = (/** @type {{ offsetX: number, offsetY: number }} */ event) => {
    const place = plotAt(seen.plots, ...placeOf(seen, event));
    return place && seen.plots[place.plot].chart.start ? place.plot : null;
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    const plot = seen.plots[seen.dragged ?? -1];
    if (plot) startFrom(draggedTo(plot, ...placeOf(seen, event)));
  };
  const showHand = (/** @type {PointerEvent} */ event) => {
    const hand = plotUnder(event) === null ? "" : "grab";
    canvas.style.cursor = seen.dragged === null ? hand : "grabbing";
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    seen.dragged = plotUnder(event);
    if (seen.dragged !== null) canvas.setPointerCapture(event.pointerId);
    drag(event);
    showHand(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    drag(event);
    showHand(event);
  });
  canvas.addEventListener("lostpointercapture", (event) => {
    seen.dragged = null;
    showHand(event);
  });
  // A finger on the map moves the start, elsewhere it scrolls the page.
  canvas.addEventListener(
    "touchstart",
    (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const [{ clientX, clientY }] = event.touches;
      if (plotUnder({ offsetX: clientX - left, offsetY: clientY - top }) !== null) event.preventDefault();
    },
    { passive: false },
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} reading
 * @param {Seen} seen
 * @param {() => void} redraw
 * @param {(start: [x: number, y: number]) => void} startFrom
 */
function listenForPointing(canvas, reading, seen, redraw, startFrom) {
  const point = (/** @type {Pointed | null} */ place) => {
    seen.pointed = place;
    redraw();
  };
  canvas.addEventListener("pointermove", (event) => {
    point(seen.dragged === null ? plotAt(seen.plots, ...placeOf(seen, event)) : null);
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") point(null);
    if (!(event.key in MOVES) || !seen.plots.length) return;
    event.preventDefault();
    const map = seen.plots.find(({ chart }) => chart.start);
    if (event.shiftKey && map?.chart.start) {
      const [x, y] = steppedTo(map, map.chart.start, event.key);
      startFrom([x, y]);
      reading.textContent = plain(`Start: ${map.x.label} ${shortNumber(x)}, ${map.y.label} ${shortNumber(y)}`);
      return;
    }
    const place = moved(seen.plots, seen.pointed, event.key);
    point(place);
    const plot = seen.plots[place.plot];
    const read = readOff(plot, place);
    reading.textContent = read ? plain(`${plot.chart.title}. ${read.words}`) : "";
  });
}

/**
 * The picture fills what the controls leave of a full screen; elsewhere it has its own height.
 * @param {HTMLElement} stage
 */
function roomOf(stage) {
  if (!stage.closest(":fullscreen")) return { zoom: 1 };
  const zoom = (FULL_SCREEN_TYPE * window.innerHeight) / SMALLEST_TYPE;
  return { zoom, height: stage.clientHeight / zoom };
}

/** @param {PanelModel} model */
function livePicture(model) {
  const canvas = element("canvas", { class: "mbl-picture", role: "img", tabindex: 0 });
  const preparing = element("p", { class: "mbl-preparing" }, "The first picture is being prepared …");
  const stage = element("div", { class: "mbl-stage" }, preparing, canvas);
  const reading = element("p", { class: "mbl-reading", "aria-live": "polite" });
  /** @type {Seen} */
  const seen = { picture: null, zoom: 1, plots: [], pointed: null, dragged: null };
  let waiting = 0;

  function draw() {
    waiting = 0;
    if (!seen.picture || !canvas.clientWidth) return;
    const { zoom, height } = roomOf(stage);
    seen.zoom = zoom;
    seen.plots = drawPicture(canvas, seen.picture, { zoom, height, pointed: seen.pointed });
    canvas.setAttribute("aria-label", model.get("alt"));
    const isMovable = seen.plots.some(({ chart }) => chart.start);
    canvas.setAttribute("aria-description", isMovable ? "Shift and the arrow keys move the start" : "");
  }
  // Pictures may come faster than this screen shows them; only the newest is drawn.
  const redraw = () => {
    waiting ||= requestAnimationFrame(draw);
  };
  const startFrom = (/** @type {[x: number, y: number]} */ start) => sayState(model, { start });
  listenForDrags(canvas, seen, startFrom);
  listenForPointing(canvas, reading, seen, redraw, startFrom);
  const endTheme = whenThemeChanges(canvas, redraw);
  const resized = new ResizeObserver(redraw);
  resized.observe(stage);
  // A mark that stands still is unpacked once.
  let [packedMarks, marks] = [model.get("standing"), unpackMarks(model.get("standing"))];
  const follow = () => {
    const [packed, standing] = [model.get("picture"), model.get("standing")];
    if (standing !== packedMarks) [packedMarks, marks] = [standing, unpackMarks(standing)];
    seen.picture = packed.rows ? unpack(packed, marks) : null;
    preparing.hidden = Boolean(seen.picture || model.get("error"));
    redraw();
  };
  const stop = () => {
    cancelAnimationFrame(waiting);
    endTheme();
    resized.disconnect();
  };
  return { stage, reading, follow, stop };
}

/**
 * The parts of a panel in the order of the Tab key.
 * @param {PanelModel} model
 */
function parts(model) {
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const [choices, press, said, picture] = [controls(model, id), buttons(model), words(model), livePicture(model)];
  const moment = scrubber(model, `${id}-moment`);
  const more = moreSheet(`${id}-more`, [...choices.others, ...press.keeping, said.reproduce]);
  const followCode = () => {
    said.follow();
    more.opener.hidden = !(choices.others.length || press.keeping.length || model.get("code"));
  };
  const spoken = element("div", { class: "mbl-spoken", role: "status", "aria-live": "polite" });
  const group = (/** @type {string} */ name, /** @type {Node[]} */ ...nodes) =>
    element("div", { class: name }, ...nodes);
  const way = model.get("step_name") ? [moment.node] : [];
  const root = frame(
    { class: "mbl-frame mbl-panel", role: "group", "aria-label": "interactive panel" },
    group("mbl-buttons", ...press.nodes, ...way, said.progress, more.opener, fullScreenButton()),
    more.sheet,
    group("mbl-main", ...choices.main),
    said.error,
    picture.stage,
    picture.reading,
    said.sentence,
    said.details,
    spoken,
  );
  root.addEventListener("keydown", more.close);
  return { root, choices, press, followCode, picture, moment, spoken };
}

/**
 * A panel, and which of its parts follows which traits.
 * @param {PanelModel} model
 */
function panel(model) {
  const { root, choices, press, followCode, picture, moment, spoken } = parts(model);
  /** @type {[names: (keyof PanelTraits & string)[], follow: () => void][]} */
  const followers = [
    [["chosen"], choices.follow],
    [["running", "num_kept"], press.follow],
    [["sentence", "details", "status", "error", "done", "code"], followCode],
    [["moment", "recorded"], moment.follow],
    [["picture", "error"], picture.follow],
  ];
  for (const [, follow] of followers) follow();
  // On its own, and only when it changes: text that is written again, though unchanged, is read out again.
  followers.push([["spoken"], () => spoken.replaceChildren(model.get("spoken"))]);
  return { root, followers, stop: picture.stop };
}

const SHARE_IN_VIEW = 0.3;

/**
 * Call `see` once, when enough of a node is in view for somebody to look at it.
 * @param {Element} node
 * @param {() => void} see
 */
function whenSeen(node, see) {
  const sight = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      sight.disconnect();
      see();
    },
    { threshold: SHARE_IN_VIEW },
  );
  sight.observe(node);
  return sight;
}

// JupyterLab calls this once for each panel, and `render` once for each place that shows it.
export default () => {
  let views = 0;

  /** @param {View<PanelTraits>} view */
  function render({ model, el }) {
    const { root, followers, stop } = panel(model);
    el.append(root);
    const followOtherTabs = (/** @type {{ chosen?: Record<string, number>, tab?: string }} */ { chosen, tab }) => {
      // What this tab has said itself some time ago would move a slider back under the learner's hand.
      if (chosen && tab !== THIS_TAB) model.set("chosen", chosen);
    };
    /** @type {[names: string, follow: (content: any) => void][]} */
    const listeners = [
      ...followers.map(([names, follow]) => /** @type {[string, () => void]} */ ([changes(names), follow])),
      ["msg:custom", followOtherTabs],
    ];
    for (const [names, follow] of listeners) model.on(names, follow);
    const countViews = (/** @type {number} */ change) => {
      views += change;
      model.send({ views });
    };
    countViews(+1);
    const sight = whenSeen(root, () => model.send({ seen: true }));
    return () => {
      sight.disconnect();
      for (const [names, follow] of listeners) model.off(names, follow);
      stop();
      countViews(-1);
    };
  }

  return live(render)();
};
