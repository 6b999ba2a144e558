// Elements. Content becomes text, never markup.

/** Creates an element. A name that is not a property becomes an attribute. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A button with an icon, labelled for screen readers. */
export function iconButton(icon, label, onclick, properties = {}) {
  return h("button", { type: "button", className: "icon", "aria-label": label, title: label, onclick, ...properties }, icon);
}

/** Sets a text only if it has changed, because setting it drops the user's selection. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Whether something that happens by itself may move the focus into a person's view: never away from
 * another person. When nobody has the focus, only the first one takes it.
 */
export function mayTakeFocus(view) {
  const person = view.closest(".person");
  const { activeElement: focused, body } = document;
  return focused === body ? person === document.querySelector(".person") : Boolean(person?.contains(focused));
}

const renderedNodes = new WeakMap();

/**
 * Renders `items` in `parent`, one node each. An item that is already shown keeps its node.
 * `create` returns the node of an item; its `show(item)` is called now and at every change.
 */
export function renderList(parent, items, keyOf, create) {
  const before = renderedNodes.get(parent) ?? new Map();
  const now = new Map(items.map((item) => [keyOf(item), item]));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  for (const [key, node] of before) if (!now.has(key)) node.remove();
  const nodes = new Map();
  let next = parent.firstChild;
  for (const [key, item] of now) {
    const node = before.get(key) ?? create(item);
    nodes.set(key, node);
    node.show(item);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  renderedNodes.set(parent, nodes);
  // A moved node has lost the focus. A removed one passes it to its surroundings.
  if (!focused || focused === document.activeElement) return;
  const target = parent.contains(focused) ? focused : parent.closest("[tabindex]");
  target?.focus({ preventScroll: true });
}
