// What a stage depends on and doesn't do itself: its size, whether it is seen, the screen's resolution, the page's colours and fonts, and whether
// the browser leaves it its canvases.

/** @typedef {import('./stage.js').Stage} Stage */

/** So wide are the names; on a narrow screen, less. */
export const NAMES_PX = 190;
const NARROW_NAMES_PX = 104;
const NARROW_PX = 640;
const COLOURS = Object.freeze(['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)']);

/** @param {Stage} stage @param {AbortSignal} signal ends it */
export function watch(stage, signal) {
  // Both observers tell at first what is known already: that is no reason to draw anew.
  fit(stage);
  const sized = new ResizeObserver(() => fit(stage));
  sized.observe(stage.scroll);
  const seen = new IntersectionObserver((entries) => {
    const visible = isSeen(entries);
    if (visible === stage.visible) return;
    stage.visible = visible;
    stage.touch();
  });
  seen.observe(stage.element);
  const dressed = new MutationObserver(() => stage.redress());
  for (const root of [document.documentElement, document.body]) {
    dressed.observe(root, { attributes: true, attributeFilter: ['class', 'data-theme', 'style'] });
  }
  signal.addEventListener('abort', () => {
    sized.disconnect();
    seen.disconnect();
    dressed.disconnect();
  });
  for (const query of COLOURS) matchMedia(query).addEventListener('change', () => stage.redress(), { signal });
  document.addEventListener('visibilitychange', () => stage.touch(), { signal });
  watchRatio(stage, signal);
  for (const canvas of [stage.ground, stage.canvas, stage.moment, stage.strip]) {
    canvas.addEventListener('contextlost', () => lose(stage, true), { signal });
    canvas.addEventListener('contextrestored', () => lose(stage, false), { signal });
  }
  stage.scroll.addEventListener('scroll', () => stage.touch(), { signal, passive: true });
  document.fonts?.ready.then(() => stage.redress());
}

/** A busy page hears of several changes at once: the last one holds. @param {readonly {isIntersecting: boolean}[]} entries */
export function isSeen(entries) {
  return entries[entries.length - 1].isIntersecting;
}

/** A window moved to another screen, or zoomed: the resolution changes. @param {Stage} stage @param {AbortSignal} signal */
function watchRatio(stage, signal) {
  const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  query.addEventListener('change', () => {
    measure(stage);
    watchRatio(stage, signal);
  }, { once: true, signal });
}

/** A canvas that comes back is empty. @param {Stage} stage @param {boolean} lost */
function lose(stage, lost) {
  stage.lost = lost;
  stage.dirty.palette = true;
  measure(stage);
}

/** What stands around has taken its room: what is drawn from now on is drawn for what that leaves. @param {Stage} stage */
export function settle(stage) {
  fit(stage);
  // An observer tells what differs from what it told before, not from what was measured here.
  const once = new ResizeObserver(() => {
    once.disconnect();
    fit(stage);
  });
  once.observe(stage.scroll);
}

/** @param {Stage} stage */
function fit(stage) {
  if (stage.widthPx !== stage.scroll.clientWidth || stage.heightPx !== stage.scroll.clientHeight) measure(stage);
}

/** The canvases are as large as the room for them. @param {Stage} stage */
function measure(stage) {
  stage.widthPx = stage.scroll.clientWidth;
  stage.heightPx = stage.scroll.clientHeight;
  stage.namesPx = stage.widthPx < NARROW_PX ? NARROW_NAMES_PX : NAMES_PX;
  stage.element.style.setProperty('--gt-names-width', `${stage.namesPx}px`);
  stage.sheet.style.height = `${stage.heightPx}px`;
  stage.shape = -1;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  if (ratio !== stage.painter.ratio) stage.dirty.palette = true;
  stage.painter.resize(stage.widthPx, stage.heightPx, ratio);
  stage.touch();
}
