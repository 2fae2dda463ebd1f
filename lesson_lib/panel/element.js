// @ts-check

/**
 * An element of the page with its attributes and what is in it.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * A panel, a question or a drawing, in which keys belong to the control that has the focus. The page's own shortcuts
 * (a, b, x, d d, in Notebook 7 the arrows, too) would change the notebook instead. Lumino looks for this attribute from
 * that control upwards, and for a shortcut that fits each element on the way: so the control itself must have it.
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function frame(attributes, ...children) {
  const root = element("div", attributes, ...children);
  for (const node of [root, ...root.querySelectorAll("button, canvas, input, select, summary")]) {
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  root.addEventListener("keydown", (event) => event.stopPropagation());
  return root;
}
