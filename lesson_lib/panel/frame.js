// @ts-check
// The page's half of a panel. All that is shown is in the model's traits.
/** @import { Picture, Plot, Pointed } from "../chart/types.d.ts" */
/** @import { ControlSpec, Model, PanelTraits, View } from "./types.d.ts" */
import { element, frame } from "./element.js";
import { drawPicture, unpack } from "../chart/picture.js";
import { nextPlace, plotAt, readOff } from "../chart/reading.js";

/** @typedef {Model<PanelTraits>} PanelModel */

// Larger type and thicker lines, for the back of a classroom.
const PROJECTOR_ZOOM = 1.4;

// The same notebook can be open in several tabs. Each follows what is chosen in the others, and only that:
// what it has said itself some time ago would move a slider back under the learner's hand.
const THIS_TAB = Math.random().toString(36).slice(2);

/** @param {string[]} names */
const changes = (names) => names.map((name) => `change:${name}`).join(" ");

/**
 * Not by `save_changes`: that holds a choice back until the kernel has answered the one before.
 * @param {PanelModel} model
 * @param {string} name
 * @param {number} place
 */
function choose(model, name, place) {
  model.set("chosen", { ...model.get("chosen"), [name]: place });
  model.send({ choose: model.get("chosen"), tab: THIS_TAB });
}

/**
 * @param {PanelModel} model
 * @param {string} id
 * @param {ControlSpec} spec
 */
function slider(model, id, { name, label, texts }) {
  const input = element("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const output = element("output", { for: id });
  // aria-valuetext says "32 examples" where a screen reader would say the slider's place, "5".
  function show() {
    const text = texts[Number(input.value)];
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  }
  input.addEventListener("input", () => {
    show();
    choose(model, name, Number(input.value));
  });
  const follow = () => {
    input.value = String(model.get("chosen")[name]);
    show();
  };
  return {
    follow,
    node: element("div", { class: "mbl-control" }, element("label", { for: id }, label), input, output),
  };
}

/**
 * @param {PanelModel} model
 * @param {string} id
 * @param {ControlSpec} spec
 */
function list(model, id, { name, label, texts }) {
  const select = element("select", { id }, ...texts.map((text, place) => element("option", { value: place }, text)));
  select.addEventListener("change", () => choose(model, name, Number(select.value)));
  const follow = () => {
    select.value = String(model.get("chosen")[name]);
  };
  return { follow, node: element("div", { class: "mbl-control" }, element("label", { for: id }, label), select) };
}

/**
 * @param {PanelModel} model
 * @param {string} id
 */
function controls(model, id) {
  const made = model.get("controls").map((spec) => {
    const make = { slider, list }[spec.kind];
    return { ...make(model, `${id}-${spec.name}`, spec), restarts: spec.restarts };
  });
  return {
    restarting: made.filter(({ restarts }) => restarts).map(({ node }) => node),
    looking: made.filter(({ restarts }) => !restarts).map(({ node }) => node),
    follow: () => {
      for (const control of made) control.follow();
    },
  };
}

/**
 * @param {string} text
 * @param {() => void} press
 */
function button(text, press) {
  const node = element("button", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

/** @param {PanelModel} model */
function buttons(model) {
  const press = (/** @type {string} */ name) => () => model.send({ press: name });
  const run = button("Run", () => model.send({ press: model.get("running") ? "pause" : "run" }));
  run.classList.add("mbl-run");
  const steps = model.get("step_name") ? [button(model.get("step_name"), press("step"))] : [];
  const forget = button("Clear kept runs", press("forget"));
  const keeping = model.get("keeps_runs") ? [button("Keep this run", press("keep")), forget] : [];
  const follow = () => {
    run.textContent = model.get("running") ? "Pause" : "Run";
    forget.disabled = !model.get("num_kept");
  };
  return { run, nodes: [run, ...steps, button("Reset", press("reset")), ...keeping], follow };
}

/** @param {{ enlarge(zoom: number): void }} picture */
function projector(picture) {
  const node = button("Projector", () => {
    const on = node.closest(".mbl-frame")?.classList.toggle("mbl-projector") ?? false;
    node.setAttribute("aria-pressed", String(on));
    picture.enlarge(on ? PROJECTOR_ZOOM : 1);
  });
  node.setAttribute("aria-pressed", "false");
  return node;
}

/**
 * The way back to any update of the run.
 * @param {PanelModel} model
 * @param {string} id
 */
function scrubber(model, id) {
  const input = element("input", { type: "range", id, min: 0, step: 1 });
  const output = element("output", { for: id });
  input.addEventListener("input", () => model.send({ go_to: Number(input.value) }));
  const follow = () => {
    const [at, last] = [model.get("moment"), model.get("recorded")];
    input.max = String(last);
    input.value = String(at);
    output.textContent = `update ${at.toLocaleString("en")}`;
    input.setAttribute("aria-valuetext", `${output.textContent} of ${last.toLocaleString("en")}`);
  };
  const label = element("label", { for: id }, "go back to");
  return { node: element("div", { class: "mbl-control mbl-scrubber" }, label, input, output), follow };
}

/** @param {PanelModel} model */
function words(model) {
  const sentence = element("p", { class: "mbl-sentence" });
  const status = element("p", { class: "mbl-status" });
  const bar = element("progress", { class: "mbl-progress", max: 1, "aria-label": "share of the run that is made" });
  const error = element("p", { class: "mbl-error", role: "alert" });
  const code = element("pre");
  const reproduce = element("details", {}, element("summary", {}, "The same run in code"), code);
  const follow = () => {
    sentence.textContent = model.get("sentence");
    status.textContent = model.get("status");
    error.textContent = model.get("error");
    bar.value = model.get("done");
    code.textContent = model.get("code");
    reproduce.hidden = !model.get("code");
  };
  return { sentence, status, bar, error, reproduce, follow };
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
  const low = plots[plot].x.low;
  if (!from || across) return { plot, x: low };
  return { plot, x: nextPlace(plots[plot], Number.isFinite(from.x) ? from.x : low, step) };
}

/**
 * What is seen of the picture.
 * @typedef {object} Seen
 * @property {Picture | null} picture
 * @property {number} zoom
 * @property {Plot[]} plots where its charts' axes lie
 * @property {Pointed | null} pointed where a value is read off: under the pointer, or where the arrow keys have gone
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} reading
 * @param {Seen} seen
 * @param {() => void} redraw
 */
function listenForPointing(canvas, reading, seen, redraw) {
  const point = (/** @type {Pointed | null} */ place) => {
    seen.pointed = place;
    redraw();
  };
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    point(plotAt(seen.plots, offsetX / seen.zoom, offsetY / seen.zoom));
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") point(null);
    if (!(event.key in MOVES) || !seen.plots.length) return;
    event.preventDefault();
    const place = moved(seen.plots, seen.pointed, event.key);
    point(place);
    const plot = seen.plots[place.plot];
    const read = readOff(plot, place.x);
    reading.textContent = read ? `${plot.chart.title}. ${read.words}` : "";
  });
}

/** @param {PanelModel} model */
function livePicture(model) {
  const canvas = element("canvas", { class: "mbl-picture", role: "img", tabindex: 0 });
  const reading = element("p", { class: "mbl-reading", "aria-live": "polite" });
  /** @type {Seen} */
  const seen = { picture: null, zoom: 1, plots: [], pointed: null };
  let waiting = 0;

  function draw() {
    waiting = 0;
    if (!seen.picture || !canvas.clientWidth) return;
    seen.plots = drawPicture(canvas, seen.picture, seen.zoom, seen.pointed);
    canvas.setAttribute("aria-label", model.get("alt"));
  }
  // Pictures may come faster than this screen shows them; only the newest is drawn.
  const redraw = () => {
    waiting ||= requestAnimationFrame(draw);
  };
  listenForPointing(canvas, reading, seen, redraw);
  const resized = new ResizeObserver(redraw);
  resized.observe(canvas);
  const follow = () => {
    const packed = model.get("picture");
    seen.picture = packed.rows ? unpack(packed, model.get("standing")) : null;
    redraw();
  };
  const enlarge = (/** @type {number} */ zoom) => {
    seen.zoom = zoom;
    redraw();
  };
  const stop = () => {
    cancelAnimationFrame(waiting);
    resized.disconnect();
  };
  return { canvas, reading, follow, enlarge, stop };
}

/**
 * All parts of a panel, each with the traits that it follows.
 * @param {PanelModel} model
 */
function panel(model) {
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const [choices, press, said, picture] = [controls(model, id), buttons(model), words(model), livePicture(model)];
  const moment = scrubber(model, `${id}-moment`);
  const spoken = element("div", { class: "mbl-spoken", role: "status", "aria-live": "polite" });
  const group = (/** @type {string} */ name, /** @type {Node[]} */ ...nodes) =>
    element("div", { class: name }, ...nodes);
  const root = frame(
    { class: "mbl-frame", role: "group", "aria-label": "interactive panel" },
    group("mbl-buttons", ...press.nodes, projector(picture)),
    group("mbl-controls", ...choices.restarting),
    group("mbl-buttons", said.bar, said.status),
    said.error,
    picture.canvas,
    ...(model.get("step_name") ? [moment.node] : []),
    ...(choices.looking.length ? [group("mbl-controls mbl-views", ...choices.looking)] : []),
    picture.reading,
    said.sentence,
    spoken,
    said.reproduce,
  );
  /** @type {[names: (keyof PanelTraits & string)[], follow: () => void][]} */
  const followers = [
    [["chosen"], choices.follow],
    [["running", "num_kept"], press.follow],
    [["sentence", "status", "error", "done", "code"], said.follow],
    [["moment", "recorded"], moment.follow],
    [["picture"], picture.follow],
  ];
  for (const [, follow] of followers) follow();
  // On its own, and only when it changes: text that is written again, though unchanged, is read out again.
  followers.push([["spoken"], () => spoken.replaceChildren(model.get("spoken"))]);
  // A restarted kernel does not know this panel, and nothing that the panel last said of its run is true any more.
  const standWithoutKernel = () => {
    for (const node of root.querySelectorAll("button, input, select")) node.setAttribute("disabled", "");
    press.run.textContent = "Run";
    said.status.textContent = "Stopped: the kernel is no longer there. Run this cell again.";
  };
  return { root, followers, standWithoutKernel, stop: picture.stop };
}

// JupyterLab calls this once for each panel, and `render` once for each place that shows it.
export default () => {
  let views = 0;

  /** @param {View<PanelTraits>} view */
  function render({ model, el }) {
    const { root, followers, standWithoutKernel, stop } = panel(model);
    el.append(root);
    const followOtherTabs = (/** @type {{ chosen?: Record<string, number>, tab?: string }} */ { chosen, tab }) => {
      if (chosen && tab !== THIS_TAB) model.set("chosen", chosen);
    };
    /** @type {[names: string, follow: (content: any) => void][]} */
    const listeners = [
      ...followers.map(([names, follow]) => /** @type {[string, () => void]} */ ([changes(names), follow])),
      ["msg:custom", followOtherTabs],
      ["comm_live_update", standWithoutKernel],
    ];
    for (const [names, follow] of listeners) model.on(names, follow);
    const countViews = (/** @type {number} */ change) => {
      views += change;
      model.set("views", views);
      model.save_changes();
    };
    countViews(+1);
    return () => {
      for (const [names, follow] of listeners) model.off(names, follow);
      stop();
      countViews(-1);
    };
  }

  return { render };
};
