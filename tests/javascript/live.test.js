// @ts-check
/** @import { Model, Output, Signal } from "../../lesson_lib/panel/types.d.ts" */
import assert from "node:assert/strict";
import { test } from "node:test";
import { live, sayState, THIS_TAB } from "../../lesson_lib/panel/live.js";

/** @returns {Signal<any> & { followers: Set<Function>, emit(value?: unknown): void }} */
function signal() {
  const followers = new Set();
  return {
    followers,
    connect: (follow) => followers.add(follow),
    disconnect: (follow) => followers.delete(follow),
    emit: (value) => {
      for (const follow of followers) follow(null, value);
    },
  };
}

/** A notebook of one cell, with the outputs that it is given, and the model of a widget in it. */
function notebook(/** @type {Output[]} */ ...outputs) {
  const session = { statusChanged: signal(), kernelChanged: signal() };
  /** @type {Map<string, Function>} */
  const listeners = new Map();
  const output = {
    length: outputs.length,
    get: (/** @type {number} */ place) => ({ toJSON: () => outputs[place] }),
    set: (/** @type {number} */ place, /** @type {Output} */ made) => {
      outputs[place] = made;
    },
  };
  const model = {
    get: (/** @type {string} */ name) => ({ key: "7f" })[name],
    on: (/** @type {string} */ name, /** @type {Function} */ follow) => listeners.set(name, follow),
    off: (/** @type {string} */ name) => listeners.delete(name),
    widget_manager: {
      get_model: async (/** @type {string} */ key) => ({ comm_live: key === "7f" }),
      context: { model: { cells: [{}, { outputs: output }] }, sessionContext: session },
    },
  };
  return { model: /** @type {Model<any>} */ (/** @type {unknown} */ (model)), session, listeners, outputs };
}

const copyOf = (/** @type {string} */ key, /** @type {string} */ text) => `<div data-mbl-copy="${key}">${text}</div>`;

test("a new copy takes the place of the old one, however the notebook keeps that, and of no other output", () => {
  /** @type {Output[]} */
  const others = [{ data: { "text/html": copyOf("8a", "of another") } }, { data: { "text/plain": "3" } }, {}];
  const kind = { output_type: "display_data" };
  for (const kept of [copyOf("7f", "old"), [...copyOf("7f", "old")]]) {
    const old = { ...kind, data: { "text/html": kept } };
    const { model, listeners, outputs } = notebook(old, ...others, old);
    live(() => () => {})().initialize({ model });
    const copy = { "text/html": copyOf("7f", "new"), "text/plain": "new" };
    listeners.get("msg:custom")?.({ copy });
    assert.deepEqual(outputs, [{ ...kind, data: copy }, ...others, { ...kind, data: copy }]);
    const [known] = outputs;
    listeners.get("msg:custom")?.({ copy: { ...copy } });
    listeners.get("msg:custom")?.({ chosen: {} });
    assert.equal(outputs[0], known, "a copy that is there already is not written again");
  }
});

test("a widget leaves the page when its kernel has forgotten it, and at no other time", async () => {
  for (const [statuses, meant] of /** @type {const} */ ([
    [
      ["restarting", "autorestarting", "terminating", "dead"],
      ["stopped", "empty"],
    ],
    [["busy", "idle", "connected"], []],
  ])) {
    for (const status of statuses) {
      /** @type {string[]} */
      const seen = [];
      const [{ model, session }, widget] = [notebook(), live(() => () => seen.push("stopped"))()];
      const el = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ replaceChildren: () => seen.push("empty") }));
      widget.initialize({ model });
      widget.render({ model, el });
      await new Promise((done) => setImmediate(done)); // it has asked whether its kernel is there
      session.statusChanged.emit(status);
      assert.deepEqual(seen, meant, status);
    }
  }
});

test("a widget that has left before its kernel was found is not shown, and one that stays is", async () => {
  for (const leaves of [true, false]) {
    /** @type {string[]} */
    const seen = [];
    const show = () => {
      seen.push("shown");
      return () => {};
    };
    const [{ model }, widget] = [notebook(), live(show)()];
    const el = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ replaceChildren: () => {} }));
    widget.initialize({ model });
    const leave = widget.render({ model, el });
    if (leaves) leave();
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(seen, leaves ? [] : ["shown"]);
  }
});

test("a widget that has left follows neither its model nor its kernel any more", () => {
  const { model, session, listeners } = notebook();
  const end = live(() => () => {})().initialize({ model });
  assert.equal(listeners.size, 2);
  assert.deepEqual([session.statusChanged.followers.size, session.kernelChanged.followers.size], [1, 1]);
  end();
  assert.equal(listeners.size, 0);
  assert.deepEqual([session.statusChanged.followers.size, session.kernelChanged.followers.size], [0, 0]);
});

test("a model that a file has saved is not shown, and where that cannot be known a widget is", async () => {
  for (const [manager, meant] of /** @type {[any, string[]][]} */ ([
    [{ get_model: async () => ({ comm_live: false }) }, []],
    [{ get_model: async () => ({ comm_live: true }) }, ["shown"]],
    [{ get_model: async () => undefined }, ["shown"]],
    [undefined, ["shown"]],
  ])) {
    /** @type {string[]} */
    const seen = [];
    const widget = live(() => {
      seen.push("shown");
      return () => {};
    })();
    const { model } = notebook();
    model.widget_manager = manager;
    widget.initialize({ model });
    widget.render({ model, el: /** @type {any} */ ({ replaceChildren: () => {} }) });
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(seen, meant);
  }
});

test("all that is said has the name of the tab, and a higher number each time", () => {
  /** @type {any[]} */
  const said = [];
  for (const place of [5, 4]) sayState({ send: (content) => said.push(content) }, { go_to: place });
  const [first, second] = said;
  assert.deepEqual(first, { go_to: 5, tab: THIS_TAB, number: first.number });
  assert.deepEqual(second, { go_to: 4, tab: THIS_TAB, number: first.number + 1 });
  assert(THIS_TAB.length > 4);
});
