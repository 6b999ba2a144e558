// Not every browser makes the page smaller for its on-screen keyboard: some only move it out of
// view. The page then takes the height that is left.

const { visualViewport: shown } = globalThis;

function fit() {
  // Zoomed in with two fingers, a part of the page is shown on purpose.
  if (shown.scale !== 1) return;
  document.body.style.setProperty("--shown-height", `${shown.height}px`);
  scrollTo(0, 0);
}

/** Keeps the page in the visible part of the window. */
export function fitKeyboard() {
  shown?.addEventListener("resize", fit);
}
