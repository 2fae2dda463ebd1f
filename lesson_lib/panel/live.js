// @ts-check
// A widget is on the page while its kernel is there. After that, the copy that the notebook keeps of it is seen.
/** @import { Bundle, LiveTraits, Model, Output, View } from "./types.d.ts" */

// A kernel with one of these has forgotten the widget. `comm_live_update` alone does not tell of all of them.
const FORGETFUL = ["restarting", "autorestarting", "terminating", "dead"];

// The same notebook can be open in several tabs.
export const THIS_TAB = Math.random().toString(36).slice(2);
let numSaid = 0;

/**
 * Say how something stands now. The number tells the kernel which word is the newest: it may hear the newer one first.
 * JupyterLab speaks to the thread that runs the cells until the kernel has made another one for widgets.
 * @param {{ send(content: object): void }} model
 * @param {object} content
 */
export function sayState(model, content) {
  numSaid += 1;
  model.send({ ...content, tab: THIS_TAB, number: numSaid });
}

/** @param {Model<LiveTraits>} model */
async function isLive(model) {
  // Models are also made from what a file has saved of them; nobody answers what such a one sends.
  const widget = await model.widget_manager?.get_model(model.get("key"));
  return widget?.comm_live ?? true;
}

/** @param {Output} output */
function htmlOf({ data }) {
  const html = data?.["text/html"] ?? "";
  return typeof html === "string" ? html : html.join("");
}

/**
 * Put a new copy into the notebook, wherever it has an old one.
 * @param {Model<LiveTraits>} model
 * @param {Bundle} copy
 */
function keep(model, copy) {
  for (const { outputs } of model.widget_manager?.context?.model.cells ?? []) {
    if (!outputs) continue;
    for (let place = 0; place < outputs.length; place++) {
      const output = outputs.get(place).toJSON();
      const html = htmlOf(output);
      const isCopy = html.includes(`data-mbl-copy="${model.get("key")}"`);
      if (isCopy && html !== copy["text/html"]) outputs.set(place, { ...output, data: copy });
    }
  }
}

/**
 * @template {LiveTraits} Traits
 * @param {(view: View<Traits>) => () => void} show puts the widget on the page; what it returns stops it
 */
export const live = (show) => () => {
  let over = false;
  /** @type {Set<() => void>} */
  const views = new Set();

  /** @param {{ model: Model<Traits> }} widget */
  function initialize({ model }) {
    const session = model.widget_manager?.context?.sessionContext;
    const end = () => {
      over = true;
      for (const remove of views) remove();
    };
    const follow = (/** @type {unknown} */ _, /** @type {string} */ status) => {
      if (FORGETFUL.includes(status)) end();
    };
    const hear = (/** @type {{ copy?: Bundle }} */ { copy }) => {
      if (copy) keep(model, copy);
    };
    model.on("comm_live_update", end);
    model.on("msg:custom", hear);
    session?.statusChanged.connect(follow);
    session?.kernelChanged.connect(end);
    return () => {
      model.off("comm_live_update", end);
      model.off("msg:custom", hear);
      session?.statusChanged.disconnect(follow);
      session?.kernelChanged.disconnect(end);
    };
  }

  /** @param {View<Traits>} view */
  function render({ model, el }) {
    let stop = () => {};
    const remove = () => {
      views.delete(remove);
      stop();
      el.replaceChildren();
    };
    views.add(remove);
    isLive(model).then((alive) => {
      if (alive && !over && views.has(remove)) stop = show({ model, el });
    });
    return remove;
  }

  return { initialize, render };
};
