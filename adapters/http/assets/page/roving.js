// One tab stop for all messages: the arrow keys move between them. Right goes into a message, to
// its links and buttons, and left goes back out.

const controls = (stop) => [...stop.querySelectorAll("a, button, input")].filter((node) => node.checkVisibility());

/** `stops` returns the elements that can have the focus, from top to bottom. */
export function roving(log, stops) {
  let current;
  /** Whether the user was there. Until then it is the newest message. */
  let visited = false;

  function setCurrent(stop) {
    if (current) current.tabIndex = -1;
    current = stop;
    if (current) current.tabIndex = 0;
  }

  function focus(stop) {
    if (!stop) return;
    setCurrent(stop);
    // While messages are being selected, their boxes are what one looks for.
    (controls(stop).find((node) => node.type === "checkbox") ?? stop).focus({ preventScroll: true });
    stop.scrollIntoView({ block: "nearest" });
  }

  /** The next element of a row, if there is one. */
  const neighbour = (row, node, step) => row[row.indexOf(node) + step];

  log.addEventListener("focusin", ({ target }) => {
    const stop = stops().find((stop) => stop.contains(target));
    visited ||= stop !== undefined;
    if (stop && stop !== current) setCurrent(stop);
  });

  log.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const all = stops();
    const stop = all.find((stop) => stop.contains(document.activeElement));
    if (!stop) return;
    const row = [stop, ...controls(stop).filter((node) => node !== stop)];
    const to = {
      ArrowUp: () => focus(neighbour(all, stop, -1)),
      ArrowDown: () => focus(neighbour(all, stop, 1)),
      Home: () => focus(all[0]),
      End: () => focus(all.at(-1)),
      ArrowRight: () => neighbour(row, document.activeElement, 1)?.focus(),
      ArrowLeft: () => neighbour(row, document.activeElement, -1)?.focus(),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    to();
  });

  /** Must be called when the elements have changed. */
  return function update() {
    visited &&= current.isConnected && current.checkVisibility();
    if (!visited) setCurrent(stops().at(-1));
  };
}
