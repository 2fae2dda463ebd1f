// @ts-check
// A panel's controls: sliders, lists, buttons.
/** @import { ControlSpec, Model, PanelTraits } from "./types.d.ts" */
import { element } from "./element.js";
import { sayState } from "./live.js";

/** @typedef {Model<PanelTraits>} PanelModel */

/**
 * Not by `save_changes`: that holds a choice back until the kernel has answered the one before.
 * @param {PanelModel} model
 * @param {string} name
 * @param {number} place
 */
function choose(model, name, place) {
  model.set("chosen", { ...model.get("chosen"), [name]: place });
  sayState(model, { choose: model.get("chosen") });
}

/**
 * What is written under a slider's track, each text at its place.
 * @param {ControlSpec} spec
 */
function labelsUnder({ texts, marks }) {
  const labels = marks.map(([place, text]) =>
    element("span", { style: `--share: ${place / Math.max(1, texts.length - 1)}` }, text),
  );
  return element("div", { class: "mbl-marks", "aria-hidden": "true" }, ...labels);
}

/**
 * @param {PanelModel} model
 * @param {string} id
 * @param {ControlSpec} spec
 */
function slider(model, id, spec) {
  const { name, label, texts, marks } = spec;
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
  const under = marks.length ? [labelsUnder(spec)] : [];
  const kind = `mbl-control mbl-slider${marks.length ? " mbl-wide" : ""}`;
  return {
    follow,
    node: element("div", { class: kind }, element("label", { for: id }, label), output, input, ...under),
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
export function controls(model, id) {
  const made = model.get("controls").map((spec) => {
    const make = { slider, list }[spec.kind];
    return { ...make(model, `${id}-${spec.name}`, spec), main: spec.main };
  });
  return {
    main: made.filter(({ main }) => main).map(({ node }) => node),
    others: made.filter(({ main }) => !main).map(({ node }) => node),
    follow: () => {
      for (const control of made) control.follow();
    },
  };
}

/**
 * @param {string} text
 * @param {() => void} press
 */
export function button(text, press) {
  const node = element("button", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

/** @param {PanelModel} model */
export function buttons(model) {
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
  return { nodes: [run, ...steps, button("Reset", press("reset"))], keeping, follow };
}

/**
 * The way back to any update of the run.
 * @param {PanelModel} model
 * @param {string} id
 */
export function scrubber(model, id) {
  const input = element("input", { type: "range", id, min: 0, step: 1 });
  const output = element("output", { for: id });
  input.addEventListener("input", () => sayState(model, { go_to: Number(input.value) }));
  // While the thumb is held, the kernel still answers for places that it has left.
  let held = false;
  input.addEventListener("pointerdown", () => {
    held = true;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    input.addEventListener(end, () => {
      held = false;
    });
  }
  const follow = () => {
    const [at, last] = [model.get("moment"), model.get("recorded")];
    input.max = String(last);
    if (!held) input.value = String(at);
    output.textContent = `update ${at.toLocaleString("en")}`;
    input.setAttribute("aria-valuetext", `${output.textContent} of ${last.toLocaleString("en")}`);
  };
  const label = element("label", { for: id }, "go back to");
  return { node: element("div", { class: "mbl-scrubber" }, label, input, output), follow };
}

/**
 * All but the main controls: a sheet that lies over the picture while it is open.
 * @param {string} id
 * @param {Node[]} contents
 */
export function moreSheet(id, contents) {
  const sheet = element("div", { id, class: "mbl-more", role: "group", "aria-label": "more", hidden: "" }, ...contents);
  const open = (/** @type {boolean} */ on) => {
    sheet.hidden = !on;
    opener.setAttribute("aria-expanded", String(on));
  };
  const opener = button("More", () => open(Boolean(sheet.hidden)));
  opener.setAttribute("aria-controls", id);
  open(false);
  const close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || sheet.hidden) return;
    open(false);
    opener.focus();
  };
  return { sheet, opener, close };
}
