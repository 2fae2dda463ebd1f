// An empty page that shows widgets as anywidget does, with models that only remember what was said to them.

/** Listeners on the window and the document, and observers, that have not been removed. */
const alive = { listeners: 0, observers: 0 };

for (const target of [window, document]) {
  const { addEventListener, removeEventListener } = target;
  target.addEventListener = (...args) => {
    alive.listeners += 1;
    addEventListener.apply(target, args);
  };
  target.removeEventListener = (...args) => {
    alive.listeners -= 1;
    removeEventListener.apply(target, args);
  };
}

for (const kind of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
  window[kind] = class extends window[kind] {
    observe(...args) {
      if (!this.observes) alive.observers += 1;
      this.observes = true;
      super.observe(...args);
    }
    disconnect() {
      if (this.observes) alive.observers -= 1;
      this.observes = false;
      super.disconnect();
    }
  };
}

/** Every text that was put on a canvas on the page: where, in CSS pixels, and how. */
let texts = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const at = this.getTransform();
  const corner = at.transformPoint({ x, y });
  const width = this.measureText(text).width;
  const end = at.transformPoint({ x: x + width, y });
  const dense = window.devicePixelRatio;
  const ends = [corner, end].flatMap((point) => [point.x / dense, point.y / dense]);
  const [left, top, right, bottom] = ends;
  texts.push({ text, left, top, right, bottom, size: parseFloat(this.font.match(/([\d.]+)px/)[1]), font: this.font });
  fillText.call(this, text, x, y, ...rest);
};

class Model {
  constructor(state) {
    this.state = state;
    this.sent = [];
    this.listeners = new Map();
  }
  get(name) {
    if (!(name in this.state)) throw new Error(`there is no trait ${name}`);
    return this.state[name];
  }
  set(name, value) {
    this.update({ [name]: value });
  }
  /** As a message from the kernel: all is there before anyone is told. */
  update(changes) {
    const changed = Object.keys(changes).filter((name) => this.get(name) !== changes[name]);
    Object.assign(this.state, changes);
    for (const name of changed) this.trigger(`change:${name}`);
  }
  send(content) {
    this.sent.push(structuredClone(content));
  }
  on(names, follow) {
    for (const name of names.split(" ")) this.listeners.set(name, [...(this.listeners.get(name) ?? []), follow]);
  }
  off(names, follow) {
    for (const name of names.split(" ")) {
      const left = [...(this.listeners.get(name) ?? [])];
      const place = left.indexOf(follow);
      if (place >= 0) left.splice(place, 1);
      this.listeners.set(name, left);
    }
  }
  trigger(name, ...content) {
    for (const follow of this.listeners.get(name) ?? []) follow(...content);
  }
  get numListeners() {
    return [...this.listeners.values()].flat().length;
  }
}

/** Bytes come as text; in a message they may begin at any place. */
function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== "object") return value;
  if (!("bytes" in value)) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withBytes(part)]));
  const binary = atob(value.bytes);
  const message = new Uint8Array(1 + binary.length);
  for (let place = 0; place < binary.length; place += 1) message[1 + place] = binary.charCodeAt(place);
  return new DataView(message.buffer, 1);
}

const modules = new Map();

async function load(source) {
  if (!modules.has(source)) {
    modules.set(source, import(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))));
  }
  return (await modules.get(source)).default;
}

const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

window.host = {
  alive,
  drawn,

  /** Shows a widget; several views of it, if asked. */
  async show(source, style, state, views) {
    document.adoptedStyleSheets = [Object.assign(new CSSStyleSheet())];
    document.adoptedStyleSheets[0].replaceSync(style);
    document.body.replaceChildren();
    const made = await load(source);
    const widget = typeof made === "function" ? await made() : made;
    const model = new Model(withBytes(state));
    Object.assign(window, { widget, model, ends: [widget.initialize({ model })] });
    for (let view = 0; view < views; view += 1) await window.host.render();
  },

  /** Shows one more view. */
  async render() {
    const { widget, model, ends } = window;
    const el = document.createElement("div");
    el.style.width = "960px";
    document.body.append(el);
    ends.push(await widget.render({ model, el }));
    await drawn();
  },

  async update(changes) {
    texts = [];
    window.model.update(withBytes(changes));
    await drawn();
    return texts;
  },

  async texts(act) {
    texts = [];
    await act?.();
    await drawn();
    return texts;
  },

  /** Shows a picture in some widths, one after the other; in each, what texts it has and how high it is. */
  async inWidths(packed, widths) {
    const [picture, found] = [withBytes(packed), []];
    for (const width of widths) {
      document.querySelector(".mbl-frame").style.width = `${width}px`;
      texts = [];
      window.model.update({ picture: { ...picture } });
      await new Promise(requestAnimationFrame); // the widget has asked for this frame before
      found.push({ width, height: document.querySelector("canvas").clientHeight, texts: [...texts] });
    }
    return found;
  },

  /** What the widget has said since it was asked last. */
  sent: () => window.model.sent.splice(0),
};
