// Elements. Whatever people wrote becomes text, never markup.

/** Makes an element; what it has no property for becomes an attribute. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A button that shows a sign and says what it does. */
export function iconButton(sign, label, onclick, properties = {}) {
  return h("button", { type: "button", className: "icon", "aria-label": label, title: label, onclick, ...properties }, sign);
}

/** Sets a text, and leaves alone what says it already: with that goes what somebody has selected. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const arranged = new WeakMap();

/**
 * Shows `items` in `parent`, a node each: what is shown already stays the node it is.
 * `make` gives an item's node, whose `show(item)` is called now and at every change.
 */
export function arrange(parent, items, keyOf, make) {
  const before = arranged.get(parent) ?? new Map();
  const now = new Map(items.map((item) => [keyOf(item), item]));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  for (const [key, node] of before) if (!now.has(key)) node.remove();
  const nodes = new Map();
  let place = parent.firstChild;
  for (const [key, item] of now) {
    const node = before.get(key) ?? make(item);
    nodes.set(key, node);
    node.show(item);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  arranged.set(parent, nodes);
  // Who is moved loses the focus, and who is removed leaves it to what is around.
  if (!focused || focused === document.activeElement) return;
  const next = parent.contains(focused) ? focused : parent.closest("[tabindex]");
  next?.focus({ preventScroll: true });
}
