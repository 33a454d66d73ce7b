// The sentence under a word that is explained: Escape puts it away, until the pointer or the focus comes back.

document.addEventListener(
  'keydown',
  (event) => {
    if (event.key !== 'Escape') return;
    for (const term of document.querySelectorAll('.term:not(.put-away):is(:hover, :focus-visible)')) {
      term.classList.add('put-away');
      for (const gone of ['pointerleave', 'blur']) term.addEventListener(gone, () => term.classList.remove('put-away'), { once: true });
      event.stopImmediatePropagation();  // what stands behind it isn't meant
    }
  },
  { capture: true },
);
